import { DOC_EXPLORER_PLUGIN, DocExplorerStore } from '@graphiql/plugin-doc-explorer';
import { HISTORY_PLUGIN, HistoryStore } from '@graphiql/plugin-history';
import { GraphiQLProvider } from '@graphiql/react';
import { GraphiQLInterface } from 'graphiql';
import { useMemo, useState } from 'react';
import type { Config } from './config';
import { createFetcher } from './fetcher';
import { ReadyQueries } from './ReadyQueries';
import { storedToken, storeToken } from './token';
import { TokenPicker } from './TokenPicker';

const PLUGINS = [DOC_EXPLORER_PLUGIN, HISTORY_PLUGIN];

/** GraphiQL below a bar that says which questions are ready and as whom they are asked. */
export function Page({ config }: { config: Config }) {
  const [token, setToken] = useState(() => storedToken() || (config.tokens[0]?.token ?? ''));
  const fetcher = useMemo(() => createFetcher(config.endpoint, token), [config.endpoint, token]);

  function chooseToken(next: string) {
    storeToken(next);
    setToken(next);
  }

  return (
    <GraphiQLProvider fetcher={fetcher} plugins={PLUGINS} referencePlugin={DOC_EXPLORER_PLUGIN} defaultQuery="">
      <HistoryStore>
        <DocExplorerStore>
          <header className="bar graphiql-container">
            <h1>pmograph</h1>
            <ReadyQueries queries={config.queries} />
            <TokenPicker tokens={config.tokens} token={token} onChange={chooseToken} />
          </header>
          {/* Headers are left out: the bar sets the only one that matters, and a token typed there could be stored. */}
          <GraphiQLInterface
            defaultEditorToolsVisibility="variables"
            isHeadersEditorEnabled={false}
            showPersistHeadersSettings={false}
          />
        </DocExplorerStore>
      </HistoryStore>
    </GraphiQLProvider>
  );
}
