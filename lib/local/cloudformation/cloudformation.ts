import type { Clock } from '../../core/clock.ts';
import type { Ids } from '../../core/ids.ts';
import { type Aws, AwsError, type Engine, type Json, type Place } from '../aws.ts';
import type { CloudFormationActions } from './actions.ts';
import { applyStack } from './apply-stack.ts';
import { changeSetActions } from './change-set-actions.ts';
import type { FileAsset } from './cloud-assembly.ts';
import { refuseUnknownReferences } from './dependency-graph.ts';
import { describeActions } from './describe-actions.ts';
import { givenParameters, ssmReader } from './parameters.ts';
import { type CloudFormationDeps, refuseUnknownTypes } from './resource-work.ts';
import { isBusy, type Stack, type StackInput } from './stack.ts';
import { stackActions } from './stack-actions.ts';
import { createStackStore } from './stack-store.ts';
import { validationError } from './template.ts';
import { templateActions } from './template-actions.ts';

/** A resource that a deployment made or changed. */
export interface DeployProgress {
  readonly stackName: string;
  readonly constructPath: string;
  readonly type: string;
  readonly status: string;
}

/** A deployment inside this process. */
interface DeployRequest {
  readonly stackName: string;
  readonly input: StackInput;
  readonly terminationProtection?: boolean;
  readonly onProgress?: ((progress: DeployProgress) => void) | undefined;
}

/** The CloudFormation engine: its API as the CDK CLI and SDK clients use it, and deployment within the process. */
export interface CloudFormation extends Engine {
  call(request: { readonly action: string; readonly input: Json }): Json;
  /** Creates or updates a stack and answers it once it is settled; throws what made it fail, after the rollback. */
  deploy(request: DeployRequest): Promise<Stack>;
  /** Lets functions whose code is this bucket and key run from the asset's folder. */
  knowAsset(asset: FileAsset): void;
}

/**
 * Stacks, made through the other engines.
 *
 * @example
 * const cloudformation = createCloudFormation({ clock, ids, place, aws: () => aws });
 */
export function createCloudFormation(ports: {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly place: Place;
  readonly aws: () => Aws;
}): CloudFormation {
  const assets = new Map<string, string>();
  const deps: CloudFormationDeps = {
    ...ports,
    stacks: createStackStore(ports),
    ssm: ssmReader(ports.aws),
    assetDirectory: (bucket, key) => assets.get(`${bucket}/${key}`),
  };
  const actions: CloudFormationActions = {
    ...stackActions(deps),
    ...changeSetActions(deps),
    ...describeActions(deps),
    ...templateActions(deps),
  };
  return {
    service: 'cloudformation',
    call({ action, input }) {
      const run = actions[action];
      if (run === undefined) throw new AwsError('InvalidAction', `Could not find operation ${action} for version 2010-05-15`);
      return run(input);
    },
    deploy: (request) => deploy(deps, request),
    knowAsset: ({ bucket, key, path }) => assets.set(`${bucket}/${key}`, path),
  };
}

async function deploy(deps: CloudFormationDeps, { stackName, input, terminationProtection, onProgress }: DeployRequest): Promise<Stack> {
  refuseUnknownTypes(input.template);
  refuseUnknownReferences(input.template);
  const given = [...input.parameters].map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue }));
  const checked = { ...input, parameters: givenParameters(input.template, given, undefined) };
  const stack = deps.stacks.find(stackName) ?? deps.stacks.create(stackName, 'REVIEW_IN_PROGRESS');
  if (isBusy(stack)) throw validationError(`Stack:${stack.id} is in ${stack.status} state and can not be updated.`);
  stack.terminationProtection = terminationProtection === true;
  if (stack.status === 'ROLLBACK_COMPLETE') stack.input = undefined;
  const failure = await applyStack({
    deps,
    stack,
    input: checked,
    onResource: ({ type, status }, constructPath) => onProgress?.({ stackName, constructPath, type, status }),
  });
  if (failure !== undefined) throw failure;
  return stack;
}
