// The same for libraries that want an observable: a link of Apollo Client, forwardSubscription of urql. Variables may hold `after` to start from.
import { Ended, follow, type Answer, type Client } from './resume';

export interface Sink<D> {
  next: (answer: Answer<D>) => void;
  error: (why: Ended) => void;
  complete: () => void;
}

export function observe<D>(client: Client, query: string, variables: Record<string, unknown> = {}) {
  return {
    subscribe(sink: Sink<D>) {
      const ending = new AbortController();
      void (async () => {
        try {
          const after = (variables.after ?? null) as string | null;
          for await (const answer of follow<D>(client, query, variables, { after, signal: ending.signal })) sink.next(answer);
          sink.complete();
        } catch (error) {
          sink.error(error as Ended);
        }
      })();
      return { unsubscribe: () => ending.abort() };
    },
  };
}
