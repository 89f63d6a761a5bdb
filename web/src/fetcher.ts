import type { Fetcher } from '@graphiql/toolkit';

const ACCEPT = 'application/graphql-response+json, application/json;q=0.9';

/** A fetcher that posts to the endpoint as the bearer of the token; without a token it sends none. */
export function createFetcher(endpoint: string, token: string): Fetcher {
  const headers: Record<string, string> = { 'Content-Type': 'application/json', Accept: ACCEPT };
  if (token) headers.Authorization = `Bearer ${token}`;
  return async (params) => {
    const response = await fetch(endpoint, { method: 'POST', headers, body: JSON.stringify(params) });
    const body = await response.text();
    try {
      return JSON.parse(body);
    } catch {
      return { errors: [{ message: explain(response.status, body, token) }] };
    }
  };
}

/** Says what to do about an answer that is not JSON. */
function explain(status: number, body: string, token: string): string {
  if (status === 401) {
    return token
      ? 'The server refused the token (401): it is expired or revoked, or signed with another key. Choose or paste another one.'
      : 'The server asks for a token (401). Choose or paste one in the bar above.';
  }
  return `The server answered with status ${status}: ${body.trim().slice(0, 500) || 'no text'}`;
}
