package shown

import (
	"encoding/json"
	"errors"
	"io"

	"pmograph/internal/exchange/dataset"
)

// Value is a value of a dataset as JSON: true and false, whole numbers, all others as texts, and null for none.
type Value struct{ dataset.Value }

// safe is the greatest whole number that every client of JSON keeps.
const safe = 1<<53 - 1

// AppendGQL appends what MarshalGQL writes.
func (v Value) AppendGQL(b []byte) []byte {
	switch {
	case v.IsNull():
		return append(b, "null"...)
	case v.Kind == dataset.Bool || v.Kind == dataset.Int && v.Int <= safe && v.Int >= -safe:
		return v.Append(b)
	case v.Kind == dataset.Text:
		text, _ := json.Marshal(v.Text) // of a text
		return append(b, text...)
	}
	return append(v.Append(append(b, '"')), '"')
}

// MarshalGQL writes JSON.
func (v Value) MarshalGQL(w io.Writer) { _, _ = w.Write(v.AppendGQL(nil)) }

// UnmarshalGQL is there because every scalar can be read; values of datasets are shown only.
func (v *Value) UnmarshalGQL(any) error { return errors.New("a DatasetValue is shown, never given") }
