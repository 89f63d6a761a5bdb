// The two transports. Use the one that fits: they tell the same events.
import { createClient as createEventClient } from 'graphql-sse';
import { createClient as createSocketClient } from 'graphql-ws';
import type { Client } from './resume';

/** The server pings every 15 s; who has heard nothing for longer has lost it without being told. */
const SILENCE = 40_000;

export interface Access {
  /** Address of the API, such as https://pmo.example/graphql. */
  url: string;
  /** Asked at each connection, so that it can be renewed in between. It travels in a header or a message, never in an address. */
  token: () => string | Promise<string>;
  connected?: () => void;
}

/** One WebSocket for all subscriptions, opened with the first and closed with the last. */
export function overSocket({ url, token, connected = () => {} }: Access): Client {
  let overdue: ReturnType<typeof setTimeout> | undefined;
  const client = createSocketClient({
    url: url.replace(/^http/, 'ws'),
    connectionParams: async () => ({ Authorization: `Bearer ${await token()}` }),
    retryAttempts: 0,
    connectionAckWaitTimeout: SILENCE,
    keepAlive: SILENCE / 2,
    on: {
      connected,
      ping: (received) => {
        if (!received) overdue = setTimeout(() => client.terminate(), SILENCE / 2);
      },
      pong: (received) => received && clearTimeout(overdue),
      closed: () => clearTimeout(overdue),
    },
  });
  return client;
}

/** One request for each subscription. Over HTTP/1.1 a browser has six connections to a server in all tabs together: use it with HTTP/2. */
export function overEvents({ url, token, connected = () => {} }: Access): Client {
  return createEventClient({
    url,
    headers: async () => ({ Authorization: `Bearer ${await token()}` }),
    retryAttempts: 0,
    fetchFn: fetchUntilSilence,
    on: { connected },
  });
}

/** A fetch whose answer fails once nothing has come for too long; pings are comments that graphql-sse does not tell of. */
async function fetchUntilSilence(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  const response = await fetch(input, init);
  let overdue: ReturnType<typeof setTimeout>;
  const heard = (stream: TransformStreamDefaultController) => {
    clearTimeout(overdue);
    overdue = setTimeout(() => stream.error(new Error('nothing heard')), SILENCE);
  };
  const watch = new TransformStream({
    start: heard,
    transform: (chunk, stream) => (heard(stream), stream.enqueue(chunk)),
    flush: () => clearTimeout(overdue),
  });
  return new Response(response.body?.pipeThrough(watch) ?? null, response);
}
