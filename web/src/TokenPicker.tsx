import { pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useState } from 'react';
import type { DemoToken } from './config';

interface Props {
  tokens: DemoToken[];
  token: string;
  onChange(token: string): void;
}

const OTHER = 'other';

/** As whom the queries are asked: one of the demo's tokens, or one that is pasted. */
export function TokenPicker({ tokens, token, onChange }: Props) {
  const known = tokens.findIndex((t) => t.token === token);
  const [pasting, setPasting] = useState(known < 0);
  const { responseEditor, tabs } = useGraphiQL(pick('responseEditor', 'tabs'));
  const { stop } = useGraphiQLActions();

  // Answers on show, in other tabs and on their way were given to somebody else: none is kept.
  function change(next: string) {
    stop();
    responseEditor?.setValue('');
    for (const tab of tabs) tab.response = null;
    onChange(next);
  }

  return (
    <div className="token">
      {tokens.length > 0 && (
        <label>
          Ask as
          <select
            value={pasting ? OTHER : known}
            onChange={(event) => {
              const chosen = tokens[Number(event.target.value)];
              setPasting(!chosen);
              change(chosen?.token ?? '');
            }}
          >
            {tokens.map((t, index) => (
              <option key={t.label} value={index}>
                {t.label === t.role ? t.role : `${t.label} (${t.role})`}
              </option>
            ))}
            <option value={OTHER}>Another token …</option>
          </select>
        </label>
      )}
      {pasting && <PastedToken token={token} onChange={change} />}
    </div>
  );
}

function PastedToken({ token, onChange }: Omit<Props, 'tokens'>) {
  const [draft, setDraft] = useState('');
  if (token) {
    return (
      <>
        <span role="status">Token in use</span>
        <button type="button" onClick={() => onChange('')}>Forget</button>
      </>
    );
  }
  const use = () => {
    const bare = draft.trim().replace(/^Bearer\s+/i, '');
    if (bare) onChange(bare);
    setDraft('');
  };
  return (
    <>
      <label>
        Token
        <input
          type="password"
          autoComplete="off"
          spellCheck={false}
          placeholder="Paste what pmo token printed"
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={(event) => event.key === 'Enter' && use()}
        />
      </label>
      <button type="button" onClick={use} disabled={!draft.trim()}>Use</button>
    </>
  );
}
