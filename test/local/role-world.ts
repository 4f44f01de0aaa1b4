import { systemIds } from '../../lib/core/ids.ts';
import { createRng } from '../../lib/core/rng.ts';
import { DEVELOPER, type Json, LOCAL_PLACE, type ServiceName } from '../../lib/local/aws.ts';
import { createEmbeddedAws, type EmbeddedAws } from '../../lib/local/embedded-aws.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';

/** One statement of a role's policy. */
export interface Grant {
  readonly actions: readonly string[];
  readonly resource: string;
}

/** The whole embedded AWS under a fake clock, and what tests of roles do in it. */
export interface RoleWorld extends Disposable {
  readonly embedded: EmbeddedAws;
  readonly clock: FakeClock;
  /** Asks as the developer. */
  ask(service: ServiceName, action: string, input: Json): Promise<Json>;
  /** Makes a role that a service may assume, under a condition if there is one, and returns its ARN. */
  role(name: string, service: string, condition?: Json): Promise<string>;
  /** Replaces what the role may do. */
  grant(roleName: string, ...grants: readonly Grant[]): Promise<void>;
  /** Makes the echo function with the role. */
  define(name: string, Role: string, settings?: Json): Promise<Json>;
  queue(name: string): Promise<{ readonly url: string; readonly arn: string }>;
}

const ECHO = new URL('./echo-function', import.meta.url).pathname;

/** The trust policy that lets a service assume a role. */
export function trusting(service: string, condition?: Json): string {
  const statement = { Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' };
  return JSON.stringify({ Version: '2012-10-17', Statement: [{ ...statement, ...(condition && { Condition: condition }) }] });
}

export function createRoleWorld(): RoleWorld {
  const clock = createFakeClock();
  const embedded = createEmbeddedAws({ clock, rng: createRng(1), ids: systemIds, place: LOCAL_PLACE });
  const ask = (service: ServiceName, action: string, input: Json) => embedded.aws.call({ service, action, input, caller: DEVELOPER });
  return {
    embedded,
    clock,
    ask,
    async role(RoleName, service, condition) {
      const { Role } = await ask('iam', 'CreateRole', { RoleName, AssumeRolePolicyDocument: trusting(service, condition) });
      return String((Role as Json)['Arn']);
    },
    async grant(RoleName, ...grants) {
      const Statement = grants.map(({ actions: Action, resource: Resource }) => ({ Effect: 'Allow', Action, Resource }));
      const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
      await ask('iam', 'PutRolePolicy', { RoleName, PolicyName: 'granted', PolicyDocument });
    },
    define: (FunctionName, Role, settings = {}) =>
      ask('lambda', 'CreateFunction', {
        FunctionName,
        Role,
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Code: { LocalDirectory: ECHO },
        ...settings,
      }),
    async queue(QueueName) {
      const { QueueUrl } = await ask('sqs', 'CreateQueue', { QueueName });
      return { url: String(QueueUrl), arn: `arn:aws:sqs:us-east-1:000000000000:${QueueName}` };
    },
    [Symbol.dispose]: () => embedded.close(),
  };
}
