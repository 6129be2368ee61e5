package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is the text of a signed note of a log: C2SP tlog-checkpoint.
type Checkpoint struct {
	Size int64
	Root tlog.Hash
}

// Consistency is a proof that the log of the size Old begins the one of the size Size.
type Consistency struct {
	Old   int64    `json:"old"`
	Size  int64    `json:"size"`
	Proof []string `json:"proof"`
}

// Proof is what `audit prove` prints.
type Proof struct {
	Version    int             `json:"version"`
	Record     json.RawMessage `json:"record"`
	Index      int64           `json:"index"`
	Inclusion  []string        `json:"inclusion"`
	Checkpoint string          `json:"checkpoint"`
}

// Tree is the Merkle tree over the records that were read.
type Tree struct {
	records [][]byte
	stored  tlog.HashReader
}

func newTree(records [][]byte) (*Tree, error) {
	var hashes []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			if index >= int64(len(hashes)) {
				return nil, fmt.Errorf("there is no hash %d", index)
			}
			found[i] = hashes[index]
		}
		return found, nil
	})
	for index, record := range records {
		more, err := tlog.StoredHashes(int64(index), record, reader)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, more...)
	}
	return &Tree{records: records, stored: reader}, nil
}

// openCheckpoint checks the signature, and that the records that were read have the root.
func (t *Tree) openCheckpoint(text string, keys Keys) (Checkpoint, error) {
	// The size says whose signature it must be. It is believed when that one has signed it.
	_, rest, _ := strings.Cut(text, "\n")
	digits, _, _ := strings.Cut(rest, "\n")
	claimed, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return Checkpoint{}, err
	}
	verifier := keys.at(claimed)
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	if err != nil {
		return Checkpoint{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] != verifier.Name() {
		return Checkpoint{}, fmt.Errorf("expected origin %s, size and root, got %q", verifier.Name(), opened.Text)
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(size, 10) != lines[1] {
		return Checkpoint{}, fmt.Errorf("expected a decimal size, got %q", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return Checkpoint{}, err
	}
	computed, err := t.root(size)
	if err != nil {
		return Checkpoint{}, err
	}
	if computed != root {
		return Checkpoint{}, fmt.Errorf("the first %d records have the root %v, and %v was signed", size, computed, root)
	}
	return Checkpoint{Size: size, Root: root}, nil
}

func (t *Tree) root(size int64) (tlog.Hash, error) {
	if size > int64(len(t.records)) {
		return tlog.Hash{}, fmt.Errorf("it counts %d records, and the log has %d", size, len(t.records))
	}
	return tlog.TreeHash(size, t.stored)
}

// judgeProof checks a proof, and that Go would have made the same of this log.
func (t *Tree) judgeProof(text []byte, keys Keys) error {
	var proof Proof
	if err := json.Unmarshal(text, &proof); err != nil {
		return err
	}
	head, err := t.openCheckpoint(proof.Checkpoint, keys)
	if err != nil {
		return err
	}
	path, err := parseHashes(proof.Inclusion)
	if err != nil {
		return err
	}
	line, err := unescape(proof.Record)
	if err != nil {
		return err
	}
	// By the record in the proof alone, as somebody without the log does.
	if err := tlog.CheckRecord(path, head.Size, head.Root, proof.Index, tlog.RecordHash(line)); err != nil {
		return err
	}
	own, err := tlog.ProveRecord(head.Size, proof.Index, t.stored)
	if err != nil {
		return err
	}
	if !same(own, path) {
		return errors.New("sumdb/tlog makes another proof")
	}
	if string(line) != string(t.records[proof.Index]) {
		return fmt.Errorf("the log has another record at %d", proof.Index)
	}
	return nil
}

// judgeConsistency checks a proof between two checkpoints, and that Go would have made the same.
func (t *Tree) judgeConsistency(proof Consistency, heads map[int64]Checkpoint) error {
	old, isOld := heads[proof.Old]
	head, isHead := heads[proof.Size]
	if !isOld || !isHead {
		return errors.New("it is not between two checkpoints that hold")
	}
	path, err := parseHashes(proof.Proof)
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(path, head.Size, head.Root, old.Size, old.Root); err != nil {
		return err
	}
	own, err := tlog.ProveTree(head.Size, old.Size, t.stored)
	if err != nil {
		return err
	}
	if !same(own, path) {
		return errors.New("sumdb/tlog makes another proof")
	}
	return nil
}

func parseHashes(texts []string) ([]tlog.Hash, error) {
	hashes := []tlog.Hash{}
	for _, text := range texts {
		hash, err := tlog.ParseHash(text)
		if err != nil {
			return nil, err
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

func same(a, b []tlog.Hash) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// unescape takes back the escapes by which exported JSON is printable: of units from U+007F on. The
// others are how canonical JSON spells control characters.
func unescape(text []byte) ([]byte, error) {
	var out strings.Builder
	var high rune
	for i := 0; i < len(text); {
		if text[i] != '\\' {
			out.WriteByte(text[i])
			i++
			continue
		}
		if i+1 < len(text) && text[i+1] != 'u' {
			out.Write(text[i : i+2])
			i += 2
			continue
		}
		if i+6 > len(text) {
			return nil, errors.New("an escape is cut off")
		}
		unit, err := strconv.ParseUint(string(text[i+2:i+6]), 16, 16)
		if err != nil {
			return nil, err
		}
		switch value := rune(unit); {
		case value < 0x7f:
			out.Write(text[i : i+6])
		case value >= 0xd800 && value < 0xdc00:
			high = value
		case value >= 0xdc00 && value < 0xe000:
			out.WriteRune((high-0xd800)<<10 + (value - 0xdc00) + 0x10000)
		default:
			out.WriteRune(value)
		}
		i += 6
	}
	return []byte(out.String()), nil
}
