import type { Json } from '../aws.ts';
import type { Template } from './template.ts';

/** A resource of a stack, as it was made. */
export interface StackResource {
  readonly logicalId: string;
  readonly type: string;
  readonly physicalId: string;
  /** The resolved properties it was last made or changed with. */
  readonly properties: Json;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly generation: number;
  /** From the template it was last made or changed with. */
  readonly deletionPolicy: string | undefined;
  readonly status: string;
  readonly statusReason?: string;
  readonly updatedAt: number;
}

/** Something that happened to a stack or one of its resources. */
export interface StackEvent {
  readonly id: string;
  readonly at: number;
  readonly logicalId: string;
  readonly physicalId: string;
  readonly type: string;
  readonly status: string;
  readonly reason?: string | undefined;
  readonly token?: string | undefined;
}

/** A value that a stack shows, and exports under a name if it has one. */
export interface StackOutput {
  readonly key: string;
  readonly value: string;
  readonly description?: string | undefined;
  readonly exportName?: string | undefined;
}

/** What a deployment asks for: the template with everything that is given beside it. */
export interface StackInput {
  readonly body: string;
  readonly template: Template;
  readonly parameters: ReadonlyMap<string, string>;
  readonly tags: readonly Json[];
}

/** A set of changes that was worked out and can be executed once. */
export interface ChangeSet {
  readonly id: string;
  readonly name: string;
  readonly type: 'CREATE' | 'UPDATE';
  readonly createdAt: number;
  readonly description: string | undefined;
  readonly input: StackInput;
  readonly options: StackOptions;
  readonly changes: readonly Json[];
  status: string;
  statusReason: string | undefined;
  executionStatus: string;
}

/** Settings of a stack that do not change its resources. */
export interface StackOptions {
  readonly capabilities: readonly string[];
  readonly roleArn: string | undefined;
  readonly notificationArns: readonly string[];
  readonly disableRollback: boolean;
  readonly token: string | undefined;
}

/** One stack with its whole history. */
export interface Stack {
  readonly name: string;
  readonly id: string;
  readonly createdAt: number;
  updatedAt: number | undefined;
  deletedAt: number | undefined;
  status: string;
  statusReason: string | undefined;
  /** What is deployed; undefined until the first deployment began. */
  input: StackInput | undefined;
  options: StackOptions;
  terminationProtection: boolean;
  outputs: readonly StackOutput[];
  /** The exports of other stacks that this one reads. */
  imports: ReadonlySet<string>;
  readonly resources: Map<string, StackResource>;
  readonly events: StackEvent[];
  readonly changeSets: Map<string, ChangeSet>;
  changeSetId: string | undefined;
}

/** Settings when nothing was said. */
export const DEFAULT_OPTIONS: StackOptions = {
  capabilities: [],
  roleArn: undefined,
  notificationArns: [],
  disableRollback: false,
  token: undefined,
};

/** Whether an operation runs on the stack right now. */
export function isBusy(stack: Stack): boolean {
  return stack.status.endsWith('_IN_PROGRESS') && stack.status !== 'REVIEW_IN_PROGRESS';
}
