import type { Json } from '../aws.ts';
import type { CloudFormationActions } from './actions.ts';
import { type CloudFormationDeps, refuseUnknownTypes } from './resource-work.ts';
import { readTemplateBody } from './stack-input.ts';
import { parseTemplate, type Template } from './template.ts';

/** Everything about templates that needs no deployment. */
export function templateActions(deps: CloudFormationDeps): CloudFormationActions {
  return {
    GetTemplate(input) {
      const found = input['ChangeSetName'] === undefined ? undefined : changeSetBody(deps, input);
      // A stack that waits for the review of its first change set has an empty template.
      const body = found ?? deps.stacks.get(input['StackName']).input?.body ?? '';
      return { TemplateBody: body, StagesAvailable: ['Original', 'Processed'] };
    },
    GetTemplateSummary(input) {
      const template = parseTemplate(bodyOf(deps, input));
      const types = [...new Set(Object.values(template.Resources).map(({ Type }) => Type))];
      return { ...declaration(template), ResourceTypes: types, ResourceIdentifierSummaries: [] };
    },
    ValidateTemplate(input) {
      const template = parseTemplate(readTemplateBody(deps, input));
      refuseUnknownTypes(template);
      return declaration(template);
    },
  };
}

function bodyOf(deps: CloudFormationDeps, input: Json): string {
  const deployed = input['StackName'] === undefined ? undefined : deps.stacks.get(input['StackName']).input?.body;
  return deployed ?? readTemplateBody(deps, input);
}

function changeSetBody(deps: CloudFormationDeps, input: Json): string | undefined {
  const name = String(input['ChangeSetName']);
  const candidates = input['StackName'] === undefined ? deps.stacks.all : [deps.stacks.get(input['StackName'])];
  for (const stack of candidates) {
    for (const changeSet of stack.changeSets.values()) if (changeSet.id === name || changeSet.name === name) return changeSet.input.body;
  }
  return undefined;
}

function declaration(template: Template): Json {
  const types = Object.values(template.Resources).map(({ Type, Properties }) => ({ Type, Properties }));
  const capabilities = types.some(({ Type }) => Type.startsWith('AWS::IAM::')) ? ['CAPABILITY_IAM'] : [];
  return {
    ...(template.Description === undefined ? {} : { Description: template.Description }),
    Parameters: Object.entries(template.Parameters ?? {}).map(([ParameterKey, declared]) => ({
      ParameterKey,
      ParameterType: declared.Type,
      NoEcho: String(declared.NoEcho) === 'true',
      ...(declared.Default === undefined ? {} : { DefaultValue: String(declared.Default) }),
      ...(declared.Description === undefined ? {} : { Description: declared.Description }),
    })),
    Capabilities: capabilities,
  };
}
