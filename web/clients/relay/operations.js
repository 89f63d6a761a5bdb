// What a Relay application asks: a list that grows page by page, a thing that is fetched again by its identifier, the journal, a change.
import { graphql } from 'relay-runtime';

export const ProjectsQuery = graphql`
  query operationsProjectsQuery {
    ...operations_projects
  }
`;

export const projects = graphql`
  fragment operations_projects on Query @argumentDefinitions(count: { type: "Int", defaultValue: 20 }, cursor: { type: "String" }) @refetchable(queryName: "operationsProjectsPageQuery") {
    projects(first: $count, after: $cursor, order: { by: CODE }) @connection(key: "operations_projects") {
      totalCount
      edges {
        cursor
        node {
          id
          ...operations_project
        }
      }
    }
  }
`;

export const project = graphql`
  fragment operations_project on Project @refetchable(queryName: "operationsProjectQuery") {
    id
    code
    name
    portfolio {
      id
      name
    }
  }
`;

export const milestones = graphql`
  fragment operations_milestones on Project @argumentDefinitions(count: { type: "Int", defaultValue: 10 }, cursor: { type: "String" }) @refetchable(queryName: "operationsMilestonesPageQuery") {
    milestones(first: $count, after: $cursor) @connection(key: "operations_milestones") {
      edges {
        node {
          id
          name
        }
      }
    }
  }
`;

export const journal = graphql`
  fragment operations_journal on Query @argumentDefinitions(count: { type: "Int", defaultValue: 10 }, cursor: { type: "Position" }) @refetchable(queryName: "operationsJournalPageQuery") {
    journal(first: $count, after: $cursor) @connection(key: "operations_journal") {
      edges {
        node {
          number
          action
        }
      }
    }
  }
`;

export const Rename = graphql`
  mutation operationsRenameMutation($id: ID!, $name: String!) {
    projectUpdate(input: { id: $id, patch: { name: $name } }) {
      project {
        ...operations_project
      }
      errors {
        path
        code
        message
      }
    }
  }
`;
