package access

import "context"

// Request is what is told of a request. It is passed along with it, and whoever learns something fills it in.
type Request struct {
	ID        string
	Address   string // of who sent it, without a port; empty if there is none
	User      string // user-7, or stranger- and an HMAC; empty while nobody was recognised
	Operation string // name, a word; of a WebSocket empty
	Code      string // of its first error; empty if there was none
	Told      bool   // of its operation
	Refused   bool   // what it was refused stands in the journal of access
	Shared    bool   // it is a WebSocket's, whose operations go on side by side: none of what follows Address and User is filled in
}

type key struct{}

// WithRequest passes a request along.
func WithRequest(ctx context.Context, r *Request) context.Context {
	return context.WithValue(ctx, key{}, r)
}

// Of gives the request; one that nobody looks at if there is none.
func Of(ctx context.Context) *Request {
	if r, ok := ctx.Value(key{}).(*Request); ok {
		return r
	}
	return new(Request)
}
