package graph

//go:generate go run ./plan/gen
