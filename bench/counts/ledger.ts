import { type Aws, DEVELOPER, type Json, type ServiceName } from '../../lib/local/aws.ts';

/** What one hop asked of AWS. */
export interface Spent {
  /** `service:Action` → calls. */
  readonly calls: Readonly<Record<string, number>>;
  /** DynamoDB write and read units, indexes included, as the answers report them. */
  readonly writeUnits: number;
  readonly readUnits: number;
}

/** What one hop of so many messages cost. */
export interface Hop extends Spent {
  readonly hop: string;
  readonly messages: number;
}

/** Counts what clients made by it ask of AWS. */
export interface Ledger {
  /** A client as the SDK's `send`, straight into the engines. */
  // biome-ignore lint/suspicious/noExplicitAny: like the SDK's, it answers every command with its own output
  client(service: ServiceName): { send(command: any): Promise<any> };
  /** What was asked while `work` ran. */
  during(work: () => Promise<unknown>): Promise<Spent>;
}

const WRITES = new Set(['PutItem', 'UpdateItem', 'DeleteItem', 'TransactWriteItems', 'BatchWriteItem']);

/** Counts calls and asks DynamoDB for the capacity that each consumed. */
export function createLedger(aws: Aws): Ledger {
  const calls = new Map<string, number>();
  const units = { write: 0, read: 0 };

  const note = (action: string, answer: Json) => {
    const consumed = [answer['ConsumedCapacity'] ?? []].flat() as readonly { readonly CapacityUnits?: number }[];
    const total = consumed.reduce((sum, { CapacityUnits = 0 }) => sum + CapacityUnits, 0);
    units[WRITES.has(action) ? 'write' : 'read'] += total;
  };

  return {
    client: (service) => ({
      async send(command: { readonly constructor: { readonly name: string }; readonly input: Json }) {
        const action = command.constructor.name.replace(/Command$/, '');
        const name = `${service}:${action}`;
        calls.set(name, (calls.get(name) ?? 0) + 1);
        const metered = service === 'dynamodb' ? { ReturnConsumedCapacity: 'TOTAL' } : {};
        // As JSON, so that the engines get nothing but what could travel.
        const input = JSON.parse(JSON.stringify({ ...command.input, ...metered })) as Json;
        const answer = await call(aws, { service, action, input });
        if (service === 'dynamodb') note(action, answer);
        return answer;
      },
    }),
    async during(work) {
      calls.clear();
      Object.assign(units, { write: 0, read: 0 });
      await work();
      return { calls: Object.fromEntries([...calls].sort()), writeUnits: units.write, readUnits: units.read };
    },
  };
}

async function call(aws: Aws, request: { readonly service: ServiceName; readonly action: string; readonly input: Json }): Promise<Json> {
  try {
    return await aws.call({ ...request, caller: DEVELOPER });
  } catch (error) {
    // The SDK spreads the members of an error's body over the error.
    throw Object.assign(error as Error, (error as { readonly details?: Json }).details);
  }
}
