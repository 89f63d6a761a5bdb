import { pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect } from 'react';
import { variablesText, type ReadyQuery } from './config';

interface Editors {
  query: string | null;
  variables?: string | null;
}

function holds(tab: Editors | undefined, q: ReadyQuery): boolean {
  return tab?.query?.trim() === q.query.trim() && (tab.variables ?? '').trim() === variablesText(q);
}

/**
 * One button for each ready query. A press goes to the tab that holds the query, or replaces an untouched
 * ready query, or opens a new tab: what somebody has written is never overwritten.
 */
export function ReadyQueries({ queries }: { queries: ReadyQuery[] }) {
  const { tabs, activeTabIndex, queryEditor, variableEditor, responseEditor } = useGraphiQL(
    pick('tabs', 'activeTabIndex', 'queryEditor', 'variableEditor', 'responseEditor'),
  );
  const { addTab, changeTab, stop, updateActiveTabValues } = useGraphiQLActions();

  function open(q: ReadyQuery) {
    const index = tabs.findIndex((tab) => holds(tab, q));
    if (index === activeTabIndex) return;
    if (index >= 0) {
      changeTab(index);
      return;
    }
    const shown = { query: queryEditor?.getValue() ?? '', variables: variableEditor?.getValue() ?? '' };
    if (shown.query.trim() === '' || queries.some((other) => holds(shown, other))) stop();
    else addTab();
    const next = { query: q.query.trim(), variables: variablesText(q), response: '' };
    queryEditor?.setValue(next.query);
    variableEditor?.setValue(next.variables);
    responseEditor?.setValue(next.response);
    updateActiveTabValues(next);
  }

  const ready = queryEditor && variableEditor && responseEditor;
  useEffect(() => {
    const [first] = queries;
    if (ready && first && queryEditor.getValue().trim() === '') open(first);
  }, [Boolean(ready)]); // once, when the editors stand: a first visit begins with the first query

  if (queries.length === 0) return null;
  return (
    <nav className="queries" aria-label="Ready queries">
      {queries.map((q) => (
        <button
          key={q.name}
          type="button"
          aria-pressed={holds(tabs[activeTabIndex], q)}
          disabled={!ready}
          onClick={() => open(q)}
        >
          {q.name}
        </button>
      ))}
    </nav>
  );
}
