import { AwsError, type Json } from '../aws.ts';
import { type Action, texts, type World } from './cloudwatch-world.ts';

const dashboardArn = ({ place }: World, name: string) => `arn:aws:cloudwatch::${place.accountId}:dashboard/${name}`;
const noDashboard = (name: string) => new AwsError('DashboardNotFoundError', `Dashboard ${name} does not exist`, { status: 404 });

function putDashboard(world: World, input: Json): Json {
  const body = String(input['DashboardBody'] ?? '');
  try {
    JSON.parse(body);
  } catch {
    throw new AwsError('DashboardInvalidInputError', 'The field DashboardBody must be a valid JSON object');
  }
  world.dashboards.set(String(input['DashboardName']), { body, modified: world.clock.now() / 1000 });
  return { DashboardValidationMessages: [] };
}

function getDashboard(world: World, input: Json): Json {
  const name = String(input['DashboardName']);
  const dashboard = world.dashboards.get(name);
  if (dashboard === undefined) throw noDashboard(name);
  return { DashboardArn: dashboardArn(world, name), DashboardBody: dashboard.body, DashboardName: name };
}

function listDashboards(world: World, input: Json): Json {
  const prefix = String(input['DashboardNamePrefix'] ?? '');
  const DashboardEntries = [...world.dashboards]
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, { body, modified }]) => ({
      DashboardName: name,
      DashboardArn: dashboardArn(world, name),
      LastModified: modified,
      Size: Buffer.byteLength(body),
    }));
  return { DashboardEntries };
}

function deleteDashboards(world: World, input: Json): Json {
  const names = texts(input['DashboardNames']);
  const absent = names.find((name) => !world.dashboards.has(name));
  if (absent !== undefined) throw noDashboard(absent);
  for (const name of names) world.dashboards.delete(name);
  return {};
}

/** Actions on dashboards. */
export const DASHBOARD_ACTIONS: Readonly<Record<string, Action>> = {
  PutDashboard: putDashboard,
  GetDashboard: getDashboard,
  ListDashboards: listDashboards,
  DeleteDashboards: deleteDashboards,
};
