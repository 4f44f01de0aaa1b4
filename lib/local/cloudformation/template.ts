import { AwsError, type Json } from '../aws.ts';

/** A resource as a template declares it. */
export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Json;
  readonly Condition?: string;
  readonly DependsOn?: string | readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly Metadata?: Json;
}

/** A parameter as a template declares it. */
export interface TemplateParameter {
  readonly Type: string;
  readonly Default?: unknown;
  readonly Description?: string;
  readonly NoEcho?: boolean | string;
  readonly AllowedValues?: readonly unknown[];
  readonly AllowedPattern?: string;
}

/** An output as a template declares it. */
interface TemplateOutput {
  readonly Value: unknown;
  readonly Description?: string;
  readonly Export?: { readonly Name: unknown };
  readonly Condition?: string;
}

/** A parsed template (CloudFormation User Guide: Template anatomy). */
export interface Template {
  readonly Description?: string;
  readonly Parameters?: Readonly<Record<string, TemplateParameter>>;
  readonly Mappings?: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Readonly<Record<string, TemplateOutput>>;
}

/** Parses a template; refuses what is not JSON, has no resources or uses a macro, as CloudFormation words it. */
export function parseTemplate(body: string): Template {
  const template = parseJson(body);
  if (template['Transform'] !== undefined) {
    throw validationError(
      'Transform is not supported here: macros such as AWS::Serverless run inside AWS. Synthesize the expanded resources.',
    );
  }
  const resources = template['Resources'];
  if (typeof resources !== 'object' || resources === null || Object.keys(resources).length === 0) {
    throw validationError('Template format error: At least one Resources member must be defined.');
  }
  for (const [id, resource] of Object.entries(resources as Record<string, Json>)) {
    if (typeof resource['Type'] !== 'string')
      throw validationError(`Template format error: [/Resources/${id}] Every Resources object must contain a Type member.`);
  }
  return template as unknown as Template;
}

/** CloudFormation's name for every mistake in what was sent. */
export function validationError(message: string): AwsError {
  return new AwsError('ValidationError', message);
}

/** The construct path of a resource where the CDK recorded it, else its logical id. */
export function constructPath(logicalId: string, resource: TemplateResource | undefined): string {
  const path = resource?.Metadata?.['aws:cdk:path'];
  return typeof path === 'string' ? path : logicalId;
}

function parseJson(body: string): Json {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed as Json;
  } catch {
    // Said below, in the same words for every malformed body.
  }
  throw validationError(
    'Template format error: the template is not a JSON object. YAML templates are not read here; send JSON, as cdk.out holds it.',
  );
}
