// What clients that others have written are told when their user is shut out, and what a feed key is told that opens a connection.
//
//   TOKEN=... ADMIN=... GUEST=user-3 KEY=feed-key-1:SECRET node e2e/shutout.mjs BASE_URL
//
// TOKEN is that of the user GUEST, ADMIN that of who may sign him out. Exit code 0: an idle WebSocket was closed with 4403 and not opened again, a
// stream of events ended with UNAUTHENTICATED, a key was refused by both. 1: what failed, on stderr.
import { deepStrictEqual, ok } from 'node:assert/strict';
import { createClient as createEventClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';
import WebSocket from 'ws';

const base = process.argv[2];
const basic = `Basic ${Buffer.from(process.env.KEY).toString('base64')}`;
const FOLLOW = 'subscription { rollupChanged(initial: true) { reset } }';

/** A client over a WebSocket that is opened at once; closed resolves to how it ended. */
function overSocket(Authorization) {
  let opened, closed;
  const isOpen = new Promise((resolve) => (opened = resolve));
  const isClosed = new Promise((resolve) => (closed = resolve));
  const client = createSocketClient({
    url: `${base.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { Authorization },
    lazy: false,
    retryAttempts: 3,
    onNonLazyError: () => {},
    on: { connected: opened, closed },
  });
  return { client, isOpen, isClosed };
}

async function post(token, query) {
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const answer = await (await fetch(`${base}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) })).json();
  ok(!answer.errors, JSON.stringify(answer.errors));
}

try {
  const idle = overSocket(`Bearer ${process.env.TOKEN}`);
  await idle.isOpen;
  const events = createEventClient({ url: `${base}/graphql`, headers: { Authorization: `Bearer ${process.env.TOKEN}` }, retryAttempts: 0 });
  const stream = events.iterate({ query: FOLLOW });
  ok(!(await stream.next()).value.errors);
  await post(process.env.ADMIN, `mutation { userSignOut(input: { id: "${process.env.GUEST}" }) { errors { code } } }`);
  const { code, reason } = await idle.isClosed;
  deepStrictEqual(code, 4403);
  ok(reason.length > 0);
  let last;
  for (let next = await stream.next(); !next.done; next = await stream.next()) last = next.value;
  deepStrictEqual(last?.errors?.[0]?.extensions?.code, 'UNAUTHENTICATED');

  const key = overSocket(basic);
  const refused = await key.isClosed;
  deepStrictEqual(refused.code, 4403);
  ok(refused.reason.includes('feed key'), refused.reason);
  const keyed = createEventClient({ url: `${base}/graphql`, headers: { Authorization: basic }, retryAttempts: 0 });
  let told;
  try {
    for await (const answer of keyed.iterate({ query: FOLLOW })) told = JSON.stringify(answer.errors);
  } catch (error) {
    told = JSON.stringify(error);
  }
  ok(told?.includes('FORBIDDEN'), told);
} catch (error) {
  console.error(error.stack ?? JSON.stringify(error));
  process.exit(1);
}
process.exit(0);
