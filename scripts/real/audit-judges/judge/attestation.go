package main

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	attestation "github.com/in-toto/attestation/go/v1"
	"github.com/secure-systems-lab/go-securesystemslib/dsse"
	"google.golang.org/protobuf/encoding/protojson"
)

const (
	statementMediaType = "application/vnd.in-toto+json"
	predicateType      = "https://clawkeep.dev/attestation/skill-execution/v1"
)

// dsseVerifier tries one key. It has no id: the envelope does not say which key it was.
type dsseVerifier struct{ key ed25519.PublicKey }

func (v dsseVerifier) Verify(_ context.Context, data, sig []byte) error {
	if !ed25519.Verify(v.key, data, sig) {
		return errors.New("the signature is not by this key")
	}
	return nil
}

func (v dsseVerifier) KeyID() (string, error)   { return "", nil }
func (v dsseVerifier) Public() crypto.PublicKey { return v.key }

// judgeAttestation opens the envelope, reads the statement in it, and checks both proofs and the subject.
func (t *Tree) judgeAttestation(text []byte, keys Keys) error {
	var envelope dsse.Envelope
	if err := json.Unmarshal(text, &envelope); err != nil {
		return err
	}
	if envelope.PayloadType != statementMediaType {
		return fmt.Errorf("the payload is %q", envelope.PayloadType)
	}
	var verifiers []dsse.Verifier
	for _, verifier := range keys {
		verifiers = append(verifiers, dsseVerifier{key: verifier.Key})
	}
	opener, err := dsse.NewEnvelopeVerifier(verifiers...)
	if err != nil {
		return err
	}
	accepted, payload, err := opener.VerifyAndDecode(context.Background(), &envelope)
	if err != nil {
		return err
	}
	if len(accepted) != 1 {
		return fmt.Errorf("%d signatures were accepted", len(accepted))
	}
	statement := &attestation.Statement{}
	if err := protojson.Unmarshal(payload, statement); err != nil {
		return err
	}
	if err := statement.Validate(); err != nil {
		return err
	}
	if statement.GetType() != attestation.StatementTypeUri || statement.GetPredicateType() != predicateType {
		return fmt.Errorf("it is %s with %s", statement.GetType(), statement.GetPredicateType())
	}
	return t.judgePredicate(payload, statement, keys)
}

// ended is as much of an end record as the subject is about.
type ended struct {
	Type      string `json:"type"`
	Execution string `json:"execution"`
	Stdout    struct {
		Digest string `json:"digest"`
	} `json:"stdout"`
}

func (t *Tree) judgePredicate(payload []byte, statement *attestation.Statement, keys Keys) error {
	var raw struct {
		Predicate struct {
			Start json.RawMessage `json:"start"`
			End   json.RawMessage `json:"end"`
		} `json:"predicate"`
	}
	if err := json.Unmarshal(payload, &raw); err != nil {
		return err
	}
	var end, start struct {
		Record ended `json:"record"`
	}
	for _, part := range []struct {
		raw  json.RawMessage
		into any
	}{{raw.Predicate.Start, &start}, {raw.Predicate.End, &end}} {
		if err := json.Unmarshal(part.raw, part.into); err != nil {
			return err
		}
	}
	if start.Record.Type != "execution-start" || end.Record.Type != "execution-end" ||
		start.Record.Execution != end.Record.Execution {
		return errors.New("it has not the two records of one execution")
	}
	for _, proof := range []json.RawMessage{raw.Predicate.Start, raw.Predicate.End} {
		if err := t.judgeProof(proof, keys); err != nil {
			return err
		}
	}
	subject := statement.GetSubject()[0]
	digest := subject.GetDigest()["sha256"]
	if _, err := hex.DecodeString(digest); err != nil || "sha256:"+digest != end.Record.Stdout.Digest {
		return fmt.Errorf("it is about %q %q, and the record has %q", subject.GetName(), digest, end.Record.Stdout.Digest)
	}
	return nil
}
