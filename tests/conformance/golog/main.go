// Command golog verifies a public log's files with golang.org/x/mod/sumdb, which knows nothing of this house:
//
//	golog PUBLISH [KEPT-CHECKPOINT...]
//
// PUBLISH is the publish/ folder of a home.  The checkpoint by log.vkey, every hash that TileHashReader takes
// from a tile, every leaf by its inclusion proof, every proof (*.tlog-proof) that lies in trust/, and every kept
// checkpoint by its consistency proof.  The first thing that is not so ends it with exit code 1.
package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height, width = 8, 256

// files is a tlog.TileReader over the paths of C2SP tlog-tiles.
type files string

func (f files) Height() int                             { return height }
func (f files) SaveTiles(tiles []tlog.Tile, _ [][]byte) {}

func (f files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var out [][]byte
	for _, t := range tiles {
		data, err := os.ReadFile(filepath.Join(string(f), path(strconv.Itoa(t.L), t.N, t.W)))
		if err != nil {
			return nil, err
		}
		if len(data) != t.W*tlog.HashSize {
			return nil, fmt.Errorf("tile %v has %d octets", t, len(data))
		}
		out = append(out, data)
	}
	return out, nil
}

// path is tlog.Tile.Path without the height, and with a level of C2SP's.
func path(level string, n int64, w int) string {
	s := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		s = fmt.Sprintf("x%03d/%s", n%1000, s)
	}
	if w < width {
		s = fmt.Sprintf("%s.p/%d", s, w)
	}
	return "tile/" + level + "/" + s
}

func fail(format string, args ...interface{}) {
	fmt.Printf(format+"\n", args...)
	os.Exit(1)
}

// checkpoint opens a note and reads its three lines.
func checkpoint(data []byte, key note.Verifier) tlog.Tree {
	n, err := note.Open(data, note.VerifierList(key))
	if err != nil {
		fail("checkpoint: %v", err)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 4 || lines[0] != key.Name() {
		fail("checkpoint: not three lines of %s", key.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		fail("checkpoint: %v", err)
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		fail("checkpoint: %v", err)
	}
	return tlog.Tree{N: size, Hash: root}
}

func leaves(dir string, tree tlog.Tree, r tlog.HashReader) {
	var data []byte
	for i := int64(0); i < tree.N; i++ {
		if i%width == 0 {
			w := width
			if tree.N-i < width {
				w = int(tree.N - i)
			}
			var err error
			if data, err = os.ReadFile(filepath.Join(dir, path("entries", i/width, w))); err != nil {
				fail("leaf %d: %v", i, err)
			}
		}
		if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
			fail("leaf %d: its bundle is cut", i)
		}
		entry := data[2 : 2+int(binary.BigEndian.Uint16(data))]
		data = data[2+len(entry):]
		if i%(1+tree.N/10000) != 0 { // each of ten thousand, some of more
			continue
		}
		proof, err := tlog.ProveRecord(tree.N, i, r)
		if err != nil {
			fail("leaf %d: %v", i, err)
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, i, tlog.RecordHash(entry)); err != nil {
			fail("leaf %d: %v", i, err)
		}
	}
}

// proof checks one tlog-proof: its leaf, by its path, under its own checkpoint.
func proof(name string, key note.Verifier) {
	data, err := os.ReadFile(name)
	if err != nil {
		fail("%s: %v", name, err)
	}
	parts := strings.SplitN(string(data), "\n\n", 2)
	lines := strings.Split(parts[0], "\n")
	if len(parts) != 2 || len(lines) < 3 || !strings.HasPrefix(lines[1], "extra ") || !strings.HasPrefix(lines[2], "index ") {
		fail("%s: no proof", name)
	}
	var extra struct{ Leaf json.RawMessage }
	text, err := base64.StdEncoding.DecodeString(lines[1][6:])
	if err != nil || json.Unmarshal(text, &extra) != nil {
		fail("%s: its extra data", name)
	}
	index, err := strconv.ParseInt(lines[2][6:], 10, 64)
	if err != nil {
		fail("%s: %v", name, err)
	}
	var p tlog.RecordProof
	for _, l := range lines[3:] {
		h, err := tlog.ParseHash(l)
		if err != nil {
			fail("%s: %v", name, err)
		}
		p = append(p, h)
	}
	tree := checkpoint([]byte(parts[1]), key)
	if err := tlog.CheckRecord(p, tree.N, tree.Hash, index, tlog.RecordHash(extra.Leaf)); err != nil {
		fail("%s: %v", name, err)
	}
}

func main() {
	publish := os.Args[1]
	text, err := os.ReadFile(filepath.Join(publish, "trust", "log.vkey"))
	if err != nil {
		fail("%v", err)
	}
	key, err := note.NewVerifier(strings.TrimSpace(string(text)))
	if err != nil {
		fail("log.vkey: %v", err)
	}
	dir := filepath.Join(publish, "log")
	data, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		fail("%v", err)
	}
	tree := checkpoint(data, key)
	r := tlog.TileHashReader(tree, files(dir))
	if h, err := tlog.TreeHash(tree.N, r); err != nil || h != tree.Hash {
		fail("root: %v %v", h, err)
	}
	leaves(dir, tree, r)
	for _, kept := range os.Args[2:] {
		if data, err = os.ReadFile(kept); err != nil {
			fail("%v", err)
		}
		old := checkpoint(data, key)
		p, err := tlog.ProveTree(tree.N, old.N, r)
		if err != nil {
			fail("%s: %v", kept, err)
		}
		if err := tlog.CheckTree(p, tree.N, tree.Hash, old.N, old.Hash); err != nil {
			fail("%s: %v", kept, err)
		}
	}
	proofs, _ := filepath.Glob(filepath.Join(publish, "trust", "*", "*.tlog-proof"))
	for _, name := range proofs {
		proof(name, key)
	}
	fmt.Printf("true: %d leaves, %d checkpoints, %d proofs\n", tree.N, len(os.Args)-2, len(proofs))
}
