// Connections of the clients that others have written, which can be cut, and the sample's way to go on over them.
import { readFile } from 'node:fs/promises';
import { createClient as createEventClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';
import ts from 'typescript';
import WebSocket from 'ws';
import { endpoint } from './expect.mjs';

/** A client over a WebSocket; cut() breaks its connection. */
export function overSocket(token) {
  let socket;
  const client = createSocketClient({
    url: endpoint.replace('http', 'ws'),
    webSocketImpl: WebSocket,
    connectionParams: { Authorization: `Bearer ${token}` },
    retryAttempts: 0,
    on: { opened: (opened) => (socket = opened) },
  });
  return { client, cut: () => socket?.terminate() };
}

/** A client of event streams; cut() breaks its connections. more are headers beside the token's. */
export function overEvents(token, more = () => ({})) {
  let knife = new AbortController();
  const client = createEventClient({
    url: endpoint,
    headers: () => ({ Authorization: `Bearer ${token}`, ...more() }),
    retryAttempts: 0,
    fetchFn: (url, options) => fetch(url, { ...options, signal: AbortSignal.any([options.signal, knife.signal]) }),
  });
  const cut = () => {
    knife.abort();
    knife = new AbortController();
  };
  return { client, cut };
}

/** The connection that a check is to use: EVENTS is ws or sse. */
export const connection = () => (process.env.EVENTS === 'sse' ? overEvents : overSocket)(process.env.TOKEN);

/** What a module of the sample exports, as it stands there. */
async function sample(name, replace = {}) {
  let text = await readFile(new URL(`../sample/src/${name}.ts`, import.meta.url), 'utf8');
  for (const [from, to] of Object.entries(replace)) text = text.replace(`'./${from}'`, `'${to}'`);
  const { outputText } = ts.transpileModule(text, { compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 } });
  return `data:text/javascript,${encodeURIComponent(outputText).replaceAll("'", '%27')}`;
}

const resume = await sample('resume');
export const { follow, Ended } = await import(resume);
export const { observe } = await import(await sample('observe', { resume }));
