package auth

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"unicode/utf8"
)

// strictObject decodes a part of a token: base64 as it must be written, UTF-8, and one JSON object in which no object, at any depth,
// has two members of one name.
func strictObject(part string) (map[string]any, error) {
	text, err := base64.RawURLEncoding.Strict().DecodeString(part)
	if err != nil {
		return nil, errors.New("is not strict base64url")
	}
	if !utf8.Valid(text) {
		return nil, errors.New("is not UTF-8")
	}
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil || object == nil {
		return nil, errors.New("is not a JSON object")
	}
	return object, uniqueNames(json.NewDecoder(bytes.NewReader(text)))
}

// uniqueNames reads one JSON value and fails if an object in it has two members of one name.
func uniqueNames(d *json.Decoder) error {
	open, err := d.Token()
	if err != nil || open != json.Delim('{') && open != json.Delim('[') {
		return err
	}
	seen := map[json.Token]bool{}
	for d.More() {
		if open == json.Delim('{') {
			name, err := d.Token()
			if err != nil {
				return err
			}
			if seen[name] {
				return fmt.Errorf("has %.80q twice", name)
			}
			seen[name] = true
		}
		if err := uniqueNames(d); err != nil {
			return err
		}
	}
	_, err = d.Token()
	return err
}
