import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { AttributeType, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { FunctionUrlAuthType } from 'aws-cdk-lib/aws-lambda';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import type { Construct } from 'constructs';
import { CommandQueue, Consumer, EventTopic, FailureStore, HandlerFunction, Inbox, Outbox } from '../../constructs.ts';
import { ANNOUNCED_EVENTS } from './announce-release.ts';
import { GITHUB_ENV, GITHUB_OUTPUTS, GITHUB_PARAMETERS, GITHUB_TOPICS } from './github.contract.ts';
import { GITHUB_EVENTS, WelcomeAuthor } from './github.messages.ts';
import { NOTIFIED_EVENTS, NOTIFY_ERRORS } from './notify-maintainers.ts';
import { ACTIVITY_EVENTS } from './project-activity.ts';

const entry = (handler: string) => new URL(`../../../lambdas/${handler}.ts`, import.meta.url);

/** Small handlers are stuck, not busy, after five seconds; a killed batch is back after six times that. */
const timeout = Duration.seconds(5);

/** An example leaves nothing behind; without this, tables and queues stay with what is in them. */
const removalPolicy = RemovalPolicy.DESTROY;

/**
 * GitHub webhooks, from a signed delivery to five kinds of consumers: an audit trail of everything, a notifier and an announcer with effects
 * outside of DynamoDB, at least once and at most once, a projection in the order of commits, and a worker that obeys commands.
 */
export class GithubStack extends Stack {
  constructor(scope: Construct, id: string, props: StackProps = {}) {
    super(scope, id, props);
    const inbox = new Inbox(this, 'inbox', { removalPolicy });
    const events = new EventTopic(this, GITHUB_TOPICS.events);
    const ordered = new EventTopic(this, GITHUB_TOPICS.ordered, { fifo: true });
    const outbox = new Outbox(this, 'outbox', { destinations: [events, ordered], removalPolicy });

    const webhookUrl = this.#receiveWebhooks(outbox);
    const audit = this.#table('audit');
    const auditTrail = new Consumer(this, 'record-audit-trail', {
      topic: events,
      handles: GITHUB_EVENTS,
      entry: entry('record-audit-trail'),
      inbox,
      timeout,
      removalPolicy,
      environment: { [GITHUB_ENV.auditTable]: audit.tableName },
    });
    auditTrail.grantWrite(audit);

    const notifier = new Consumer(this, 'notify-maintainers', {
      topic: events,
      handles: NOTIFIED_EVENTS,
      errors: NOTIFY_ERRORS,
      entry: entry('notify-maintainers'),
      inbox,
      timeout,
      removalPolicy,
      environment: { [GITHUB_ENV.notifyUrl]: StringParameter.valueForStringParameter(this, GITHUB_PARAMETERS.notifyUrl) },
    });

    const announcer = new Consumer(this, 'announce-release', {
      delivery: 'at-most-once',
      topic: events,
      handles: ANNOUNCED_EVENTS,
      entry: entry('announce-release'),
      inbox,
      timeout,
      removalPolicy,
      environment: { [GITHUB_ENV.announceUrl]: StringParameter.valueForStringParameter(this, GITHUB_PARAMETERS.announceUrl) },
    });

    const activity = this.#table('activity');
    const projection = new Consumer(this, 'project-activity', {
      topic: ordered,
      ordered: true,
      handles: ACTIVITY_EVENTS,
      entry: entry('project-activity'),
      inbox,
      outbox,
      timeout,
      removalPolicy,
      environment: { [GITHUB_ENV.activityTable]: activity.tableName },
    });
    projection.grantWrite(activity);

    const welcome = this.#table('welcome');
    const worker = new CommandQueue(this, 'welcome-author', {
      handles: [WelcomeAuthor],
      entry: entry('welcome-author'),
      inbox,
      timeout,
      removalPolicy,
      environment: { [GITHUB_ENV.welcomeTable]: welcome.tableName },
    });
    worker.grantWrite(welcome);
    outbox.addDestination(worker);

    const failures = new FailureStore(this, 'failures', { removalPolicy });

    this.#show({
      webhookUrl,
      auditTable: audit.tableName,
      activityTable: activity.tableName,
      welcomeTable: welcome.tableName,
      outboxTable: outbox.table.tableName,
      failuresTable: failures.table.tableName,
      failuresBucket: failures.bodies.bucketName,
      auditDeadLetters: auditTrail.deadLetterQueue.queueUrl,
      notifierDeadLetters: notifier.deadLetterQueue.queueUrl,
      announcerDeadLetters: announcer.deadLetterQueue.queueUrl,
      activityDeadLetters: projection.deadLetterQueue.queueUrl,
      welcomeDeadLetters: worker.deadLetterQueue.queueUrl,
    });
  }

  #receiveWebhooks(outbox: Outbox): string {
    const secret = StringParameter.fromSecureStringParameterAttributes(this, 'webhook-secret', {
      parameterName: GITHUB_PARAMETERS.webhookSecret,
    });
    const receive = new HandlerFunction(this, 'receive-webhook', {
      entry: entry('receive-webhook'),
      timeout: Duration.seconds(10),
      environment: { [GITHUB_ENV.webhookSecretParameter]: GITHUB_PARAMETERS.webhookSecret },
    });
    secret.grantRead(receive);
    outbox.grantCommit(receive);
    return receive.addFunctionUrl({ authType: FunctionUrlAuthType.NONE }).url;
  }

  #table(id: string): TableV2 {
    return new TableV2(this, id, {
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      removalPolicy,
    });
  }

  #show(values: Readonly<Record<keyof typeof GITHUB_OUTPUTS, string>>): void {
    for (const [name, value] of Object.entries(values)) {
      const output = new CfnOutput(this, `${name}-output`, { value });
      output.overrideLogicalId(GITHUB_OUTPUTS[name as keyof typeof GITHUB_OUTPUTS]);
    }
  }
}
