// Writes docs/bi/pmograph.xlsx: a workbook whose one query reads the projects of a server on this machine, as make demo starts one, and which a user points
// elsewhere by the query's first line. Run by npm run workbook after a change; Microsoft's own library puts the query into the file.
import { writeFileSync } from 'node:fs';
import workbooks from '@microsoft/connected-workbooks';

const query = `let
    Server = "http://127.0.0.1:8080",
    Projects = OData.Feed(Server & "/odata/v4/Projects", null, [Implementation = "2.0", ODataOmitValues = ODataOmitValues.Nulls]),
    Shown = Table.SelectColumns(Projects, {"Code", "Name", "Lifecycle", "Health", "Currency", "Budget", "ActualCost", "ForecastCost", "CostVariance", "PlannedFinish", "SlipDays"})
in
    Shown`;

const workbook = await workbooks.workbookManager.generateSingleQueryWorkbook(
  { queryMashup: query, queryName: 'Projects', refreshOnOpen: true },
  undefined,
  { docProps: { title: 'Projects of pmograph', createdBy: 'pmograph' } },
);
writeFileSync(new URL('../../docs/bi/pmograph.xlsx', import.meta.url), Buffer.from(await workbook.arrayBuffer()));
