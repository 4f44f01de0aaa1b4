import type { Json, Place } from '../../aws.ts';
import { contextOf } from '../condition-context.ts';
import { arnAt, passRole, plain, type RequirementRule, text } from './requirement.ts';

/** Actions whose permission has another name (Service Authorization Reference: AWS Lambda). */
const ACTIONS: Readonly<Record<string, string>> = { Invoke: 'InvokeFunction', InvokeWithResponseStream: 'InvokeFunction' };

const LISTINGS = new Set(['ListFunctions', 'ListEventSourceMappings', 'GetAccountSettings', 'ListLayers', 'CreateEventSourceMapping']);

/** What a Lambda request needs. */
export const lambdaRequirements: RequirementRule = ({ action, input }, place) => {
  const name = ACTIONS[action] ?? action;
  if (LISTINGS.has(name)) return [plain(`lambda:${name}`, '*', { 'lambda:FunctionArn': functionArn(input, place) })];
  const uuid = text(input, 'UUID');
  // Its function is a condition key (Service Authorization Reference: AWS Lambda), which only the mapping itself tells.
  if (uuid !== undefined)
    return [{ action: `lambda:${name}`, resource: arnAt(place, 'lambda', `event-source-mapping:${uuid}`), kind: 'mapping' }];
  const resource = functionArn(input, place);
  const context = contextOf({
    'lambda:FunctionUrlAuthType': text(input, 'FunctionUrlAuthType') ?? text(input, 'AuthType'),
    'lambda:InvokedViaFunctionUrl': input['InvokedViaFunctionUrl'] === true ? 'true' : undefined,
    'lambda:FunctionArn': resource,
    'lambda:Principal': text(input, 'Principal'),
  });
  const needed = { action: `lambda:${name}`, resource, kind: 'function', context } as const;
  return [needed, ...passRole(input['Role'], 'lambda.amazonaws.com')];
};

/** A function is named by name, by `ACCOUNT:function:NAME` or by ARN, each with or without a qualifier (Lambda API Reference: Invoke). */
function functionArn(input: Json, place: Place): string | undefined {
  const given = text(input, 'FunctionName') ?? text(input, 'Resource');
  if (given === undefined) return undefined;
  const path = given.includes('function:') ? given.slice(given.indexOf('function:') + 'function:'.length) : given;
  const [name = '', inName] = path.split(':');
  const qualifier = text(input, 'Qualifier') ?? inName;
  const base = given.startsWith('arn:') ? given.split(':').slice(0, 7).join(':') : arnAt(place, 'lambda', `function:${name}`);
  return qualifier === undefined || qualifier === '$LATEST' ? base : `${base}:${qualifier}`;
}
