package fault

import "net/http"

// Code says what a kind means to a caller: the row of a table that is the API's documentation too.
type Code struct {
	Kind    Kind
	Status  int    // of an HTTP answer that has nothing but an error of this kind
	Plain   int    // the same where the answer to a well-formed request is application/json, which older clients read only with 200
	Meaning string // one sentence or two
	Remedy  string // what a client does
}

// Codes is every kind there is.
var Codes = []Code{
	{BadRequest, http.StatusBadRequest, http.StatusBadRequest,
		"The HTTP request is not a GraphQL request: its method (405), its content type or encoding (415), what it accepts (406), or its body.",
		"Mend the client; the message says what is wrong."},
	{Unauthenticated, http.StatusUnauthorized, http.StatusUnauthorized,
		"The request carries no token, or one that is not valid or no longer valid. Why is not said.",
		"Get a new token, then repeat the request."},
	{TooLarge, http.StatusRequestEntityTooLarge, http.StatusRequestEntityTooLarge,
		"The request's body is larger than the server takes.",
		"Send less: fewer operations, shorter lists; facts in bulk are imported."},
	{RateLimited, http.StatusTooManyRequests, http.StatusTooManyRequests,
		"The caller has asked too much lately, or holds too many connections open.",
		"Wait as long as Retry-After says, then repeat the request."},
	{Overloaded, http.StatusServiceUnavailable, http.StatusServiceUnavailable,
		"The server has as much to do as it can; it did not begin with the request.",
		"Wait as long as Retry-After says, then repeat the request."},
	{ParseFailed, http.StatusBadRequest, http.StatusOK,
		"The document is not GraphQL, or has too many tokens. `locations` says where.",
		"Mend the document. A longer one can be registered."},
	{ValidationFailed, http.StatusBadRequest, http.StatusOK,
		"The document does not fit the schema, names no operation, or its variables have the wrong types. `locations` or `path` says where.",
		"Mend the document or the variables; see whether the client's schema is of this version."},
	{DocumentRequired, http.StatusForbidden, http.StatusOK,
		"This server executes registered documents only, and this is none.",
		"Have the document registered, and send it as it is registered or by its `documentId`."},
	{LimitExceeded, http.StatusBadRequest, http.StatusOK,
		"The document is larger than the server reads: too deep, with too many aliases, root fields or directives, or asking for the same fields again and again. The message names limit and value.",
		"Ask in several requests, or have the document registered."},
	{CostExceeded, http.StatusBadRequest, http.StatusOK,
		"The answer could cost more than one request may.",
		"Ask for shorter pages or fewer fields, or in several requests."},
	{Invalid, http.StatusUnprocessableEntity, http.StatusOK,
		"A value breaks a rule. `errors` says which and why.",
		"Mend the input; the same request fails again."},
	{NotFound, http.StatusNotFound, http.StatusOK,
		"There is no such thing, or the caller may not see it; which of the two is not said.",
		"Look the id up again."},
	{Conflict, http.StatusConflict, http.StatusOK,
		"The record has moved on since the caller read it, or the idempotency key was used for something else.",
		"Read again, decide again, send again with the new version."},
	{Forbidden, http.StatusForbidden, http.StatusOK,
		"The caller sees the thing, but may not do this to it.",
		"Ask somebody who may; `viewerCan` says beforehand what is allowed."},
	{Unavailable, http.StatusServiceUnavailable, http.StatusServiceUnavailable,
		"It cannot be answered now: the database does not answer, the time was over, or the server is stopping. Of a mutation nothing was applied unless the message says that it may have been.",
		"Repeat it after a while; mutations with the same idempotency key."},
	{Internal, http.StatusInternalServerError, http.StatusInternalServerError,
		"A fault of the server. Its log has the details under the request's id.",
		"Report it with `requestId`."},
}

var byKind = func() map[Kind]Code {
	m := map[Kind]Code{}
	for _, c := range Codes {
		m[c.Kind] = c
	}
	return m
}()

// CodeOf gives the row of a kind.
func CodeOf(k Kind) Code { return byKind[k] }
