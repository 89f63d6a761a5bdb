package vocab

import "io"

// AccessKind is what an entry of the journal of access tells of.
type AccessKind string

// The values of AccessKind.
const (
	AccessKindStarted         AccessKind = "STARTED"         // a server began to serve
	AccessKindSignIn          AccessKind = "SIGN_IN"         // a token was used for the first time
	AccessKindUnauthenticated AccessKind = "UNAUTHENTICATED" // somebody came with a token or key that is not accepted
	AccessKindForbidden       AccessKind = "FORBIDDEN"       // somebody known asked for what he may not do
	AccessKindGrant           AccessKind = "GRANT"           // a mutation changed what rights follow from
	AccessKindBreakGlass      AccessKind = "BREAK_GLASS"     // who owns the machine changed what rights follow from
	AccessKindPreview         AccessKind = "PREVIEW"         // a mutation was shown and not committed
	AccessKindImport          AccessKind = "IMPORT"          // data were brought in, or a dry run was made of it
	AccessKindExport          AccessKind = "EXPORT"          // data were taken out in bulk
	AccessKindFeedKey         AccessKind = "FEED_KEY"        // a feed key was used
	AccessKindOmitted         AccessKind = "OMITTED"         // entries of the kind that is named were too many to be written
)

// Values lists the closed set, in its natural order.
func (AccessKind) Values() []string {
	return []string{"STARTED", "SIGN_IN", "UNAUTHENTICATED", "FORBIDDEN", "GRANT", "BREAK_GLASS", "PREVIEW", "IMPORT", "EXPORT", "FEED_KEY", "OMITTED"}
}

// MarshalGQL writes the value's name.
func (v AccessKind) MarshalGQL(w io.Writer) { marshal(w, v) }

// UnmarshalGQL reads a value's name.
func (v *AccessKind) UnmarshalGQL(src any) error { return unmarshal(v, src) }
