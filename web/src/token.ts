// The token lives in memory and in sessionStorage: it is gone when the tab closes, and never part of an address.
const KEY = 'pmograph.token';

/** The token used last in this browser tab, or the empty string. */
export function storedToken(): string {
  return sessionStorage.getItem(KEY) ?? '';
}

/** Keeps the token for this browser tab; the empty string forgets it. */
export function storeToken(token: string): void {
  if (token) sessionStorage.setItem(KEY, token);
  else sessionStorage.removeItem(KEY);
}
