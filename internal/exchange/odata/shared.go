package odata

import (
	"context"
	"net/http"
	"time"
)

// This file is what other services that answer as this one share with it.

// Stream is an answer on its way. What of it has gone out cannot be taken back.
type Stream struct{ stream }

// Begin begins an answer that may take so long to be made; the context it is made in ends then. The time that its client takes is not counted.
func Begin(ctx context.Context, w http.ResponseWriter, now func() time.Time, left time.Duration) (within context.Context, s *Stream, stop func()) {
	within, c, stop := started(ctx, now, left)
	return within, &Stream{stream{w: w, clock: c}}, stop
}

// Write adds a part.
func (s *Stream) Write(b []byte) error { return s.write(b) }

// Begun tells whether a part has gone out.
func (s *Stream) Begun() bool { return s.begun() }

// Finish sends the rest of an answer that went well; one that failed on its way ends the connection.
func (s *Stream) Finish(err *error) {
	switch {
	case *err == nil:
		*err = s.finish()
	case s.begun():
		s.breakOff()
	}
}

// StatusOf gives the status of an error, its code, and what of it is told.
func StatusOf(err error) (status int, code, text string) {
	status, code, f := statusOf(err)
	return status, code, bodyOf(code, f).Error.Message
}
