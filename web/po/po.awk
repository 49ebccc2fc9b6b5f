# A catalogue (gettext's .po: msgctxt, msgid, msgstr, a string over several lines) as lines
# "context TAB id TAB text", each as it stands between its quotes, to be sorted; entries without a
# text are left out.  What is not understood ends the build.
function give() {
	if (id ~ /\\/)
		fault("a msgid holds no backslash: it would not be sorted as it is searched")
	if (id != "" && text != "")
		print context "\t" id "\t" text
	context = id = text = ""
}
function fault(why) {
	print FILENAME ":" FNR ": " why >"/dev/stderr"
	exit 1
}
function string(s) {
	if (s !~ /^".*"$/)
		fault("a string in quotes is wanted")
	return substr(s, 2, length(s) - 2)
}
/^#/ || /^[ \t]*$/ { next }
/^msgctxt / { if (part == "msgstr") give(); part = "msgctxt"; context = string(substr($0, 9)); next }
/^msgid / { if (part == "msgstr") give(); part = "msgid"; id = string(substr($0, 7)); next }
/^msgstr / { part = "msgstr"; text = string(substr($0, 8)); next }
/^"/ {
	if (part == "msgid") id = id string($0)
	else if (part == "msgstr") text = text string($0)
	else fault("a string without its word")
	next
}
{ fault("neither comment, msgctxt, msgid, msgstr nor string") }
END { give() }
