import 'graphiql/setup-workers/vite';
import '@graphiql/react/style.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import 'graphiql/graphiql.css';
import './page.css';

import { createRoot } from 'react-dom/client';
import { loadConfig } from './config';
import { Page } from './Page';

const root = createRoot(document.getElementById('root')!);
try {
  root.render(<Page config={await loadConfig()} />);
} catch (error) {
  root.render(<p className="notice" role="alert">{error instanceof Error ? error.message : String(error)}</p>);
}
