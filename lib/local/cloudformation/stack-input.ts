import { AwsError, DEVELOPER, type Json } from '../aws.ts';
import { refuseUnknownReferences } from './dependency-graph.ts';
import { givenParameters } from './parameters.ts';
import { type CloudFormationDeps, refuseUnknownTypes } from './resource-work.ts';
import type { Stack, StackInput, StackOptions } from './stack.ts';
import { parseTemplate, validationError } from './template.ts';

/** CloudFormation quotas: a template sent in the request; one in S3 may have 1 MB. */
const MAX_BODY_BYTES = 51_200;
const MAX_URL_BYTES = 1_048_576;

/** Reads the template of a request: its body, an object in S3, or what is deployed. */
export function readTemplateBody(deps: CloudFormationDeps, input: Json, stack?: Stack): string {
  const { TemplateBody: body, TemplateURL: url, UsePreviousTemplate } = input;
  if (UsePreviousTemplate === true && stack?.input !== undefined) return stack.input.body;
  if (typeof body === 'string' && body !== '') {
    if (Buffer.byteLength(body) > MAX_BODY_BYTES) {
      throw validationError(
        `1 validation error detected: Value at 'templateBody' failed to satisfy constraint: Member must have length less than or equal to ${MAX_BODY_BYTES}`,
      );
    }
    return body;
  }
  if (typeof url === 'string' && url !== '') return fetchTemplate(deps, url);
  throw validationError('Either Template URL or Template Body must be specified.');
}

/** Reads template, parameters and tags of a request and checks them against what exists here. */
export function readStackInput(deps: CloudFormationDeps, input: Json, stack?: Stack): StackInput {
  const body = readTemplateBody(deps, input, stack);
  const template = parseTemplate(body);
  refuseUnknownTypes(template);
  refuseUnknownReferences(template);
  const parameters = givenParameters(template, input['Parameters'], stack?.input?.parameters);
  const tags = (input['Tags'] ?? stack?.input?.tags ?? []) as readonly Json[];
  return { body, template, parameters, tags };
}

/** Reads the settings of a request that do not change resources. */
export function readOptions(input: Json): StackOptions {
  return {
    capabilities: (input['Capabilities'] ?? []) as string[],
    roleArn: input['RoleARN'] === undefined ? undefined : String(input['RoleARN']),
    notificationArns: (input['NotificationARNs'] ?? []) as string[],
    disableRollback: input['DisableRollback'] === true || input['OnFailure'] === 'DO_NOTHING',
    token: input['ClientRequestToken'] === undefined ? undefined : String(input['ClientRequestToken']),
  };
}

function fetchTemplate(deps: CloudFormationDeps, url: string): string {
  const { Bucket, Key } = objectOfUrl(url);
  try {
    const answer = deps.aws().callNow({ service: 's3', action: 'GetObject', input: { Bucket, Key }, caller: DEVELOPER });
    const bytes = Buffer.from(answer['Body'] as Uint8Array);
    if (bytes.length > MAX_URL_BYTES) throw validationError('Template may not exceed 1000000 bytes in size.');
    return bytes.toString('utf8');
  } catch (error) {
    if (error instanceof AwsError && error.code !== 'ValidationError')
      throw validationError(`S3 error: ${error.message} (${Bucket}/${Key})`);
    throw error;
  }
}

/** Bucket and key of an S3 URL, with the bucket in the path or in the host name. */
function objectOfUrl(url: string): { Bucket: string; Key: string } {
  if (!URL.canParse(url)) throw validationError('TemplateURL must be a supported URL.');
  const { protocol, hostname, pathname } = new URL(url);
  const path = decodeURIComponent(pathname.slice(1));
  if (protocol === 's3:') return { Bucket: hostname, Key: path };
  const virtual = /^(.+)\.s3[.-]/.exec(hostname)?.[1];
  if (virtual !== undefined) return { Bucket: virtual, Key: path };
  const slash = path.indexOf('/');
  if (slash < 1) throw validationError('TemplateURL must reference a valid S3 object to which you have access.');
  return { Bucket: path.slice(0, slash), Key: path.slice(slash + 1) };
}
