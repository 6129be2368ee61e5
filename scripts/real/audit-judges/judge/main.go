// Command judge reads an audit log of Clawkeep, and what Clawkeep says about it, by implementations
// that are not Clawkeep's: signed notes and Merkle trees of golang.org/x/mod/sumdb, DSSE of
// go-securesystemslib, statements of in-toto. It prints a line for each finding and for each count,
// and exits 1 when there is a finding.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
)

// Exhibit is what is judged: everything but the log files as text that Clawkeep printed.
type Exhibit struct {
	// Verifier is the log's file `verifier`: its first public key, in the form of sumdb/note, and
	// the notes by which later ones were signed for.
	Verifier string `json:"verifier"`
	// Log has the files with the records, in order.
	Log []string `json:"log"`
	// Checkpoints are signed notes, the last of the whole log.
	Checkpoints []string `json:"checkpoints"`
	// Proofs are what `audit prove` printed.
	Proofs []string `json:"proofs"`
	// Consistency has proofs between two of the checkpoints.
	Consistency []Consistency `json:"consistency"`
	// Attestations are what `audit export --attestation` printed.
	Attestations []string `json:"attestations"`
}

// Judgement collects findings.
type Judgement struct {
	counts   map[string]int
	findings []string
}

func (j *Judgement) count(what string) { j.counts[what]++ }

func (j *Judgement) find(format string, args ...any) {
	j.findings = append(j.findings, fmt.Sprintf(format, args...))
}

func main() {
	var exhibit Exhibit
	if err := json.NewDecoder(os.Stdin).Decode(&exhibit); err != nil {
		fmt.Fprintln(os.Stderr, "expected an exhibit as JSON on standard input:", err)
		os.Exit(2)
	}
	records, err := readRecords(exhibit.Log)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	judgement := &Judgement{counts: map[string]int{}}
	judge(exhibit, records, judgement)
	for _, finding := range judgement.findings {
		fmt.Println("FINDING", finding)
	}
	for _, what := range []string{
		"records", "keys", "checkpoints", "inclusion proofs", "consistency proofs", "attestations",
	} {
		fmt.Printf("judged %d %s\n", judgement.counts[what], what)
	}
	if len(judgement.findings) > 0 {
		os.Exit(1)
	}
}

func judge(exhibit Exhibit, records [][]byte, judgement *Judgement) {
	for range records {
		judgement.count("records")
	}
	keys, err := readKeys(exhibit.Verifier)
	if err != nil {
		judgement.find("verifier: %v", err)
		return
	}
	tree, err := newTree(records)
	if err != nil {
		judgement.find("tree: %v", err)
		return
	}
	for _, verifier := range keys {
		judgement.count("keys")
		if verifier.Until < 0 {
			continue
		}
		if root, err := tree.root(verifier.Until); err != nil || root != verifier.Root {
			judgement.find("key %08x was replaced at %d with another root (%v)", verifier.KeyHash(), verifier.Until, err)
		}
	}
	heads := map[int64]Checkpoint{}
	for index, text := range exhibit.Checkpoints {
		checkpoint, err := tree.openCheckpoint(text, keys)
		if err != nil {
			judgement.find("checkpoint %d: %v", index, err)
			continue
		}
		heads[checkpoint.Size] = checkpoint
		judgement.count("checkpoints")
		if index == len(exhibit.Checkpoints)-1 && checkpoint.Size != int64(len(records)) {
			judgement.find("the last checkpoint counts %d records, and the log has %d",
				checkpoint.Size, len(records))
		}
	}
	for index, text := range exhibit.Proofs {
		if err := tree.judgeProof([]byte(text), keys); err != nil {
			judgement.find("inclusion proof %d: %v", index, err)
			continue
		}
		judgement.count("inclusion proofs")
	}
	for _, proof := range exhibit.Consistency {
		if err := tree.judgeConsistency(proof, heads); err != nil {
			judgement.find("consistency proof of %d in %d: %v", proof.Old, proof.Size, err)
			continue
		}
		judgement.count("consistency proofs")
	}
	for index, text := range exhibit.Attestations {
		if err := tree.judgeAttestation([]byte(text), keys); err != nil {
			judgement.find("attestation %d: %v", index, err)
			continue
		}
		judgement.count("attestations")
	}
}

// readRecords reads the lines of the files, one after the other.
func readRecords(files []string) ([][]byte, error) {
	var records [][]byte
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		lines := bytes.Split(content, []byte("\n"))
		if last := lines[len(lines)-1]; len(last) > 0 {
			return nil, fmt.Errorf("%s: the last line has no newline", file)
		}
		records = append(records, lines[:len(lines)-1]...)
	}
	return records, nil
}
