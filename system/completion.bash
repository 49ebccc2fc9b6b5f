# Nouns, then verbs, then options; a file or a folder behind those that take one.
_fujie() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} noun='' verb='' word i
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		-*) ((i++)) ;; # and its value
		*) if [ -z "$noun" ]; then noun=$word; elif [ -z "$verb" ]; then verb=$word; fi ;;
		esac
	done
	case $noun in cert) noun=certificate ;; auth) noun=authorisation ;; esac
	case $prev in
	--dir | --home) mapfile -t COMPREPLY < <(compgen -d -- "$cur"); return ;;
	--file | --out | --plan | --root | --cert | --blob | --certificate | --share | --policy) mapfile -t COMPREPLY < <(compgen -f -- "$cur"); return ;;
	esac
	if [ "${cur#-}" != "$cur" ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_fujie_options "$noun${verb:+ $verb}") $( [ -n "$verb" ] && _fujie_options "$noun")" -- "$cur")
	elif [ -z "$noun" ]; then
		mapfile -t COMPREPLY < <(compgen -W "$_fujie_nouns" -- "$cur")
	elif [ -z "$verb" ] && [ -n "$(_fujie_verbs "$noun")" ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_fujie_verbs "$noun")" -- "$cur")
	else
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
	fi
}
complete -o filenames -F _fujie fujie
