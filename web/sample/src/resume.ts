// Follows subscriptions of pmograph through cuts, restarts and changes of server, without a gap. Made to be copied: it needs no framework, and
// works with graphql-ws, graphql-sse, and whatever gives answers one by one.
// The server says with each event at which position of its record that event is true, and goes on from any position it is given as `after`. So
// whoever keeps the position of the last event he has dealt with has missed nothing, whatever happened in between and whichever server answers.

/** The client of either package. Repeating is done here: make it with retryAttempts: 0. */
export interface Client {
  iterate(request: { query: string; variables: Record<string, unknown> }): AsyncIterableIterator<unknown>;
}

/** What is asked of every event, by these names. At a reset the server does not know the place to go on from: read again what you keep. */
export interface LiveEvent {
  position: string;
  reset: boolean;
}

/** An event, by the name of its subscription. Where `data` is null `errors` say why. */
export interface Answer<D> {
  data?: D | null | undefined;
  errors?: readonly GraphError[] | undefined;
}

export interface GraphError {
  message: string;
  extensions?: { code?: string; position?: string; retryAfter?: number } | undefined;
}

export interface Following {
  after: string | null; // position of the answer that is shown already, from `viewer { position }` in it; null: from here on
  signal: AbortSignal; // ends it
  waiting?: (why: Ended, milliseconds: number) => void; // is told why events pause, and after how long it tries again
}

/** Why it does not go on: the token (UNAUTHENTICATED), rights (FORBIDDEN, NOT_FOUND), or the request itself. Codes: docs/errors.md. */
export class Ended extends Error {
  readonly code: string;
  readonly retryAfter: number; // seconds after which the server wants to be asked again; 0 if it said nothing
  position: string | null; // to go on from, with another token for instance
  constructor({ message, extensions = {} }: GraphError) {
    super(message);
    this.code = extensions.code ?? 'UNAVAILABLE';
    this.retryAfter = extensions.retryAfter ?? 0;
    this.position = extensions.position ?? null;
  }
}

/**
 * The events of a subscription. Its document takes the variable `$after: Position`, and an event is dealt with when the next one is asked for.
 * It ends when the signal says so, or by throwing Ended.
 */
export async function* follow<D>(client: Client, query: string, variables: Record<string, unknown>, options: Following): AsyncGenerator<Answer<D>> {
  const { signal, waiting } = options;
  const patience = backoff(signal, waiting);
  let position = options.after;
  while (!signal.aborted) {
    const events = client.iterate({ query, variables: { ...variables, after: position } }) as AsyncIterableIterator<Answer<D>>;
    const leave = () => void events.return?.().catch(() => {}); // it may be broken already
    signal.addEventListener('abort', leave);
    let why: unknown = new Error('the server ended the stream');
    try {
      for await (const answer of events) {
        if (answer.data === undefined) throw answer.errors; // over server-sent events the last answer says why
        yield answer;
        position = (Object.values(answer.data ?? {}) as LiveEvent[])[0]?.position ?? position;
      }
    } catch (error) {
      why = error;
    } finally {
      signal.removeEventListener('abort', leave);
    }
    const ended = await explain(why);
    ended.position = position = ended.position ?? position; // a server that stops says how far it has told
    await patience(ended);
  }
}

/** Repeats a question until it is answered; throws Ended where repeating does not help. */
export async function insist<T>(ask: () => Promise<T>, { signal, waiting }: Omit<Following, 'after'>): Promise<T> {
  for (const patience = backoff(signal, waiting); ; ) {
    try {
      return await ask();
    } catch (error) {
      signal.throwIfAborted();
      await patience(await explain(error));
    }
  }
}

/** Waits as long as the server says, and at random up to 1 s, 2 s, 4 s … 30 s, so that not all come back at once. */
function backoff(signal: AbortSignal, waiting?: Following['waiting']) {
  let [tried, since] = [0, Date.now()];
  return async (why: Ended) => {
    if (signal.aborted) return;
    if (!['UNAVAILABLE', 'OVERLOADED', 'RATE_LIMITED'].includes(why.code)) throw why;
    if (Date.now() - since > 60_000) tried = 0; // it went well for a while
    const wait = why.retryAfter * 1000 + Math.random() * Math.min(30_000, 1000 * 2 ** tried++);
    waiting?.(why, wait);
    if (!signal.aborted) await new Promise((resolve) => {
      setTimeout(resolve, wait);
      signal.addEventListener('abort', resolve, { once: true });
    });
    since = Date.now();
  };
}

/** Statuses of HTTP and codes with which WebSockets are closed that repeating does not help against. */
const REFUSED: Record<number, string> = {
  ...{ 400: 'BAD_REQUEST', 401: 'UNAUTHENTICATED', 403: 'FORBIDDEN', 404: 'BAD_REQUEST', 413: 'TOO_LARGE', 1009: 'TOO_LARGE' },
  ...{ 4400: 'BAD_REQUEST', 4401: 'UNAUTHENTICATED', 4403: 'UNAUTHENTICATED', 4409: 'BAD_REQUEST', 4429: 'BAD_REQUEST' },
};

/** Finds the server's word in what a client throws: a list of GraphQL errors, the end of a WebSocket, a refused request, or no connection at all. */
async function explain(error: unknown): Promise<Ended> {
  if (error instanceof Ended) return error;
  if (Array.isArray(error)) return new Ended(error[0] as GraphError);
  const { code, reason, message, response } = (error ?? {}) as Partial<CloseEvent & Error & { response: Response }>;
  const told = response && ((await response.json().catch(() => null)) as Answer<unknown> | null);
  if (told?.errors?.[0]) return new Ended(told.errors[0]);
  return new Ended({ message: reason || message || 'no connection', extensions: { code: REFUSED[response?.status ?? code ?? 0] ?? 'UNAVAILABLE' } });
}
