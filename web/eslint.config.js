// Lints the contract (graph/schema) and the operations that stand in this repository. Run from its root: eslint -c web/eslint.config.js .
// All rules recommended for schemas, for Relay and for operations hold, but for those listed here with their reasons.
import graphql from '@graphql-eslint/eslint-plugin';

const schema = 'graph/schema/*.graphql';
const examples = 'graph/testdata/*.graphql'; // each is a page of a dashboard whose answer a test knows by heart
const operations = ['cmd/pmo/queries/*.graphql', 'web/clients/**/*.graphql', 'web/sample/**/*.graphql', examples];

const rulesOf = (...configs) => Object.assign({}, ...configs.map((name) => graphql.configs[`flat/${name}`].rules));
const rule = (name) => `@graphql-eslint/${name}`;
const common = {
  languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig: { schema, documents: operations } } },
  plugins: { '@graphql-eslint': graphql },
  linterOptions: { reportUnusedDisableDirectives: 'error' },
};

export default [
  {
    ...common,
    files: [schema],
    rules: {
      ...rulesOf('schema-recommended', 'schema-relay'),
      // Descriptions are one line each.
      [rule('description-style')]: ['error', { style: 'inline' }],
      // Figures, coverage, payloads and pages are values: what has an identity implements Node, and then has an id.
      [rule('strict-id-in-types')]: 'off',
      // Relay asks this of no list but edges; closed lists, bounded by @listSize, need no pages.
      [rule('relay-edge-types')]: ['error', { withEdgeSuffix: true, shouldImplementNode: false, listTypeCanWrapOnlyEdgeType: false }],
    },
  },
  {
    files: ['graph/schema/money.graphql'],
    // Earned value and earned schedule are the words of the discipline, for the whole and for its chief figure.
    rules: { [rule('no-typename-prefix')]: 'off' },
  },
  {
    ...common,
    files: operations,
    rules: {
      ...rulesOf('operations-recommended'),
      // The server's own bound, not the rule's.
      [rule('selection-set-depth')]: ['error', { maxDepth: 12 }],
    },
  },
  {
    files: [examples],
    // Their answers are compared with known ones, and go into no cache; each stands by itself, and may go as deep as it has to.
    rules: { [rule('selection-set-depth')]: 'off', [rule('require-selections')]: 'off', [rule('unique-fragment-name')]: 'off', [rule('unique-operation-name')]: 'off' },
  },
];
