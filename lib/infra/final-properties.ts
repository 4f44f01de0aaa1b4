import { type CfnResource, Stack } from 'aws-cdk-lib';

/**
 * The properties of a resource exactly as its template will show them: escape hatches, raw overrides and aspects included. For checks at
 * synth.
 */
export function finalProperties(resource: CfnResource): Readonly<Record<string, unknown>> {
  // What `Stack` calls to render a template; it carries overrides, which the L1's own properties do not.
  const rendered = (resource as unknown as { _toCloudFormation(): object })._toCloudFormation();
  const { Resources: resources } = Stack.of(resource).resolve(rendered) as {
    Resources?: Record<string, { Properties?: Record<string, unknown> }>;
  };
  return Object.values(resources ?? {})[0]?.Properties ?? {};
}
