package main

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Verifier is a public key of a log.
type Verifier struct {
	note.Verifier
	// Key has the 32 bytes of the Ed25519 key.
	Key []byte
	// Until is the size up to which it signs checkpoints; -1 for the key that signs now.
	Until int64
	// Root is the root that it had then.
	Root tlog.Hash
}

// Keys are those of a log, the first one first. Only the first is trusted by itself.
type Keys []Verifier

// at is the key that signs checkpoints of so many records.
func (k Keys) at(size int64) Verifier {
	for _, verifier := range k[:len(k)-1] {
		if size <= verifier.Until {
			return verifier
		}
	}
	return k[len(k)-1]
}

// readKeys reads a file `verifier`: the first key, and a note for each one after it, signed by the key
// before and by itself.
func readKeys(text string) (Keys, error) {
	first, notes, _ := strings.Cut(text, "\n")
	verifier, err := readVerifier(first)
	if err != nil {
		return nil, err
	}
	keys := Keys{verifier}
	name := verifier.Name() + "/key\n"
	for _, body := range strings.Split(notes, name)[1:] {
		last := &keys[len(keys)-1]
		opened, err := note.Open([]byte(name+body), note.VerifierList(last))
		if err != nil {
			return nil, err
		}
		lines := strings.Split(opened.Text, "\n")
		if len(lines) != 5 || lines[4] != "" {
			return nil, fmt.Errorf("expected name, size, root and key, got %q", opened.Text)
		}
		next, err := readVerifier(lines[3])
		if err != nil {
			return nil, err
		}
		opened, err = note.Open([]byte(name+body), note.VerifierList(last, next))
		if err != nil || len(opened.Sigs) != 2 || next.Name() != last.Name() {
			return nil, fmt.Errorf("expected the signatures of both keys of %s (%v)", last.Name(), err)
		}
		if last.Until, err = strconv.ParseInt(lines[1], 10, 64); err != nil {
			return nil, err
		}
		if last.Root, err = tlog.ParseHash(lines[2]); err != nil {
			return nil, err
		}
		keys = append(keys, next)
	}
	return keys, nil
}

func readVerifier(text string) (Verifier, error) {
	verifier, err := note.NewVerifier(text)
	if err != nil {
		return Verifier{}, err
	}
	parts := strings.SplitN(text, "+", 3)
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 33 {
		return Verifier{}, fmt.Errorf("expected 33 bytes of key, got %d (%v)", len(key), err)
	}
	return Verifier{Verifier: verifier, Key: key[1:], Until: -1}, nil
}
