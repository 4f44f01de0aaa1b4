import type { Json } from '../aws.ts';
import { type ControlPlane, invalidParameter, type LambdaActions, resourceConflict } from './control-plane.ts';
import { functionArn, parseFunctionName } from './function-name.ts';
import { type FunctionEntry, resourceNotFound } from './function-store.ts';

/** The resource policy of a function or of one of its qualifiers; undefined when nobody was permitted anything. */
function policyDocument(entry: FunctionEntry, qualifier: string | undefined): Json | undefined {
  const statements = entry.statements.get(qualifier ?? '') ?? [];
  return statements.length === 0 ? undefined : { Version: '2012-10-17', Id: 'default', Statement: statements };
}

/** The resource policies of functions. */
export function permissionActions(plane: ControlPlane): LambdaActions {
  const { store } = plane;

  function place(input: Json): { entry: FunctionEntry; qualifier: string | undefined; statements: Json[] } {
    const { entry, qualifier } = store.resolve(input['FunctionName'], input['Qualifier']);
    return { entry, qualifier, statements: entry.statements.get(qualifier ?? '') ?? [] };
  }

  return {
    AddPermission(input) {
      const { entry, qualifier, statements } = place(input);
      const sid = String(input['StatementId'] ?? '');
      if (!/^[\w-]{1,100}$/.test(sid)) throw invalidParameter(`StatementId must match [a-zA-Z0-9-_]+, got '${sid}'`);
      if (statements.some((statement) => statement['Sid'] === sid)) {
        throw resourceConflict(
          `The statement id (${sid}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
        );
      }
      const statement = statementOf(input, functionArn(plane.place, entry.name, qualifier));
      entry.statements.set(qualifier ?? '', [...statements, statement]);
      return { Statement: JSON.stringify(statement) };
    },
    RemovePermission(input) {
      const { entry, qualifier, statements } = place(input);
      const rest = statements.filter((statement) => statement['Sid'] !== input['StatementId']);
      if (rest.length === statements.length)
        throw resourceNotFound(`Statement ${String(input['StatementId'])} is not found in resource policy.`);
      entry.statements.set(qualifier ?? '', rest);
      return {};
    },
    GetPolicy(input) {
      const { entry, qualifier } = place(input);
      const policy = policyDocument(entry, qualifier);
      if (!policy) throw resourceNotFound();
      return { Policy: JSON.stringify(policy), RevisionId: entry.latest.revisionId };
    },
  };
}

/** Resource policies of an ARN as the authoriser asks for them. */
export function policyOfArn(plane: ControlPlane, arn: string): Json | undefined {
  const { name, qualifier } = parseFunctionName(arn);
  const entry = plane.store.entries.get(name);
  return entry && policyDocument(entry, qualifier);
}

/** A service principal may be bound to one resource and one account (AddPermission reference, `SourceArn`, `SourceAccount`). */
function statementOf(input: Json, resource: string): Json {
  const principal = String(input['Principal'] ?? '');
  const action = String(input['Action'] ?? '');
  if (principal === '' || !/^(?:lambda:[*]|lambda:[a-zA-Z]+|[*])$/.test(action))
    throw invalidParameter('AddPermission needs a Principal and an Action such as lambda:InvokeFunction.');
  const conditions = {
    ...group('ArnLike', { 'AWS:SourceArn': input['SourceArn'] }),
    ...group('StringEquals', {
      'AWS:SourceAccount': input['SourceAccount'],
      'lambda:FunctionUrlAuthType': input['FunctionUrlAuthType'],
      'lambda:EventSourceToken': input['EventSourceToken'],
      'aws:PrincipalOrgID': input['PrincipalOrgID'],
    }),
    ...group('Bool', { 'lambda:InvokedViaFunctionUrl': input['InvokedViaFunctionUrl'] }),
  };
  return {
    Sid: input['StatementId'],
    Effect: 'Allow',
    Principal: principalOf(principal),
    Action: action,
    Resource: resource,
    ...(Object.keys(conditions).length === 0 ? {} : { Condition: conditions }),
  };
}

function group(operator: string, values: Json): Json {
  const set = Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  return Object.keys(set).length === 0 ? {} : { [operator]: set };
}

function principalOf(principal: string): unknown {
  if (principal === '*') return '*';
  if (principal.endsWith('.amazonaws.com')) return { Service: principal };
  return { AWS: /^\d{12}$/.test(principal) ? `arn:aws:iam::${principal}:root` : principal };
}
