import type { Fetcher, FetcherParams } from '@graphiql/toolkit';
import { getOperationAST, parse, type ExecutionResult } from 'graphql';
import { createClient, type Client } from 'graphql-ws';

const ACCEPT = 'application/graphql-response+json, application/json;q=0.9';

/**
 * A fetcher that posts to the endpoint as the bearer of the token, and opens a WebSocket there for subscriptions; without a token it sends
 * none.
 */
export function createFetcher(endpoint: string, token: string): Fetcher {
  const streams = createClient({
    url: new URL(endpoint, location.href).href.replace(/^http/, 'ws'),
    connectionParams: token ? { Authorization: `Bearer ${token}` } : {},
    retryAttempts: 0, // the page shows that a stream ended; whoever looks at it decides whether to go on
  });
  const post = poster(endpoint, token);
  return (params) => (subscribes(params) ? follow(streams, params) : post(params));
}

/** Whether a request is a subscription, by its own text: what the editor knows of it may be older. */
function subscribes({ query, operationName }: FetcherParams): boolean {
  try {
    return getOperationAST(parse(query), operationName)?.operation === 'subscription';
  } catch {
    return false; // the server says what is wrong with it
  }
}

/** The events of a subscription, and at last why it ended if something was wrong. */
async function* follow(streams: Client, params: FetcherParams): AsyncGenerator<ExecutionResult> {
  const request = { query: params.query, operationName: params.operationName, variables: params.variables };
  try {
    for await (const event of streams.iterate(request)) yield event as ExecutionResult;
  } catch (error) {
    yield { errors: Array.isArray(error) ? error : [{ message: ended(error) }] } as ExecutionResult;
  }
}

function ended(error: unknown): string {
  const { code, reason } = error as Partial<CloseEvent>;
  return code === undefined ? String(error) : `The server closed the stream with code ${code}: ${reason || 'no reason'}`;
}

function poster(endpoint: string, token: string) {
  const headers: Record<string, string> = { 'Content-Type': 'application/json', Accept: ACCEPT };
  if (token) headers.Authorization = `Bearer ${token}`;
  return async (params: FetcherParams) => {
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
