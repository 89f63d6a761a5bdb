/** What the server says about itself at config.json, beside this page. */
export interface Config {
  /** Address of the GraphQL endpoint, relative to this page or from the root of this origin. */
  endpoint: string;
  /** Questions to begin with. */
  queries: ReadyQuery[];
  /** Tokens to choose from; empty outside demo mode. */
  tokens: DemoToken[];
}

export interface ReadyQuery {
  name: string;
  query: string;
  variables?: Record<string, unknown>;
}

export interface DemoToken {
  label: string;
  role: string;
  token: string;
}

/** Reads config.json; the error it throws is written for the reader of the page. */
export async function loadConfig(): Promise<Config> {
  const response = await fetch('config.json', { headers: { Accept: 'application/json' } });
  if (!response.ok) {
    throw new Error(`The server refused config.json with status ${response.status}. Look at its log, then reload this page.`);
  }
  return response.json();
}

/** The variables of a query as the editor shows them. */
export function variablesText(query: ReadyQuery): string {
  return query.variables ? JSON.stringify(query.variables, null, 2) : '';
}
