import { CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { Consumer, EventTopic, Inbox, Outbox } from '../../lib/constructs.ts';
import { OrderPlaced } from '../orders.ts';
import { CHAIN } from './chain.contract.ts';

/** One topic, two consumers with one business write each: every event is delivered twice. All settings are defaults. */
export class ChainStack extends Stack {
  readonly #topic: EventTopic;
  readonly #inbox: Inbox;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.#inbox = new Inbox(this, 'inbox', { removalPolicy: RemovalPolicy.DESTROY });
    this.#topic = new EventTopic(this, CHAIN.topic);
    const outbox = new Outbox(this, 'outbox', {
      destinations: [this.#topic],
      source: CHAIN.source,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    this.#show(CHAIN.outboxTable, outbox.table.tableName);
    this.#show(CHAIN.shipmentsTable, this.#consume('ship-order'));
    this.#show(CHAIN.invoicesTable, this.#consume('bill-order'));
  }

  #consume(name: string): string {
    const effects = new TableV2(this, `${name}-effects`, {
      partitionKey: { name: 'orderId', type: AttributeType.STRING },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const consumer = new Consumer(this, name, {
      topic: this.#topic,
      handles: [OrderPlaced],
      entry: new URL(`./${name}.ts`, import.meta.url),
      inbox: this.#inbox,
      environment: { [CHAIN.effectsTable]: effects.tableName },
    });
    consumer.grantWrite(effects);
    return effects.tableName;
  }

  #show(name: string, value: string): void {
    new CfnOutput(this, `${name}-output`, { value }).overrideLogicalId(name);
  }
}
