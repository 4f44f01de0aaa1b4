import { setTimeout as wait } from 'node:timers/promises';
import type { Demo, DemoRun, LocalAws } from '../../../local.ts';
import { GITHUB_OUTPUTS, GITHUB_PARAMETERS, GITHUB_STACK } from '../github.contract.ts';
import type { Delivery } from './delivery.ts';
import { drive } from './drive.ts';
import { type Endpoints, startEndpoints } from './endpoints.ts';
import type { Answer } from './evidence.ts';
import { type Places, readDeadLetters, readFinalState, readStandings } from './final-state.ts';
import { exampleDeliveries, readDeliveries } from './input.ts';
import { outsideOf } from './outside.ts';
import { createReport, type ReportInput, type Worked } from './report.ts';
import { createTroubles } from './troubles.ts';
import { judge } from './verdict.ts';
import { workIncident } from './work-incident.ts';

/** Signs the demo's deliveries; on AWS the parameter holds the secret that GitHub knows. */
const DEMO_SECRET = 'not-a-secret-on-a-laptop';

/** Nothing has moved for this long: drained. */
const QUIET_MS = 250;

/** Chaos lets messages wait for their visibility timeout, several times over. */
const PATIENCE_MS = 10 * 60_000;

/** Runs GitHub webhooks through the deployed stack and judges what became of them. */
export function githubDemo(): Demo {
  let deliveries: readonly Delivery[] = [];
  let started: Endpoints | undefined;
  const earlier: Answer[] = [];

  return {
    async load({ input }) {
      deliveries = input === undefined ? exampleDeliveries() : await readDeliveries(input);
    },
    async prepare(local) {
      started = await startEndpoints();
      local.putParameter(GITHUB_PARAMETERS.webhookSecret, DEMO_SECRET);
      local.putParameter(GITHUB_PARAMETERS.notifyUrl, started.notifyUrl);
      local.putParameter(GITHUB_PARAMETERS.announceUrl, started.announceUrl);
      return started.close;
    },
    async run(run: DemoRun) {
      const endpoints = started as Endpoints;
      const places = placesOf(run.local);
      const { refusedCalls, redrives, ...course } = await runCourse(run, { deliveries, endpoints, places });
      run.local.chaos?.stop();
      const state = readFinalState(run.local, places, endpoints);
      const verdict = judge(course.answers, state, earlier);
      earlier.push(...course.answers);
      return createReport({
        ...course,
        verdict,
        deadLetters: readDeadLetters(run.local, places),
        statistics: run.local.statistics(),
        outside: outsideOf(course.answers, state),
        chaos: run.local.chaos?.report(),
        worked: { refusedCalls, redrives, standings: readStandings(run.local, places) },
      });
    },
    hints: (local) => ['demo', 'dlq'].map((command) => `npm run posthaste -- ${command} --port ${new URL(local.endpoint).port}`),
  };
}

/** What one run works with. */
interface Stage {
  readonly deliveries: readonly Delivery[];
  readonly endpoints: Endpoints;
  readonly places: Places;
}

/** How a run went. */
interface Course extends Pick<ReportInput, 'answers' | 'sentAfterMs' | 'drainedAfterMs'>, Omit<Worked, 'standings'> {}

/** Sends everything, waits until it is through, and then works the incident: the endpoint is mended, and what failed of it is sent back. */
async function runCourse({ local, args, progress, signal }: DemoRun, { deliveries, endpoints, places }: Stage): Promise<Course> {
  const settled = () => drained(local, places, { endpoints, signal });
  const troubles = createTroubles({ now: () => performance.now(), chaos: args.chaos });
  endpoints.replyBy(troubles);
  const answers: Answer[] = [];
  const startedAt = performance.now();
  if (args.chaos) local.chaos?.start();
  const show = () => progress(`${answers.length}/${deliveries.length} delivered, ${local.moving()} messages on their way`);
  const ticker = setInterval(show, 100);
  try {
    await drive(deliveries, {
      url: local.output(GITHUB_STACK, GITHUB_OUTPUTS.webhookUrl),
      secret: DEMO_SECRET,
      rate: args.rate,
      redeliverEvery: args.chaos ? 20 : 0,
      onAnswer: (answer) => answers.push(answer),
      signal,
    });
    const sentAfterMs = performance.now() - startedAt;
    await settled();
    const drainedAfterMs = performance.now() - startedAt - QUIET_MS;
    const refusedCalls = endpoints.notifications.filter(({ status }) => status === 404).length;
    troubles.mend();
    const redrives = signal.aborted ? [] : await workIncident(local, settled);
    return { answers, sentAfterMs, drainedAfterMs, refusedCalls, redrives };
  } finally {
    clearInterval(ticker);
    endpoints.replyBy();
  }
}

async function drained(
  local: LocalAws,
  places: Places,
  { endpoints, signal }: { endpoints: Endpoints; signal: AbortSignal },
): Promise<void> {
  const giveUp = performance.now() + PATIENCE_MS;
  let quietSince = performance.now();
  while (performance.now() < giveUp && performance.now() - quietSince < QUIET_MS && !signal.aborted) {
    await wait(20);
    const busy = local.moving() > 0 || readFinalState(local, places, endpoints).inFlight > 0;
    if (busy) quietSince = performance.now();
  }
}

function placesOf(local: LocalAws): Places {
  const output = (name: string) => local.output(GITHUB_STACK, name);
  return {
    auditTable: output(GITHUB_OUTPUTS.auditTable),
    activityTable: output(GITHUB_OUTPUTS.activityTable),
    welcomeTable: output(GITHUB_OUTPUTS.welcomeTable),
    outboxTable: output(GITHUB_OUTPUTS.outboxTable),
    failuresTable: output(GITHUB_OUTPUTS.failuresTable),
    failuresBucket: output(GITHUB_OUTPUTS.failuresBucket),
    deadLetterQueues: new Map([
      ['record-audit-trail', output(GITHUB_OUTPUTS.auditDeadLetters)],
      ['notify-maintainers', output(GITHUB_OUTPUTS.notifierDeadLetters)],
      ['announce-release', output(GITHUB_OUTPUTS.announcerDeadLetters)],
      ['project-activity', output(GITHUB_OUTPUTS.activityDeadLetters)],
      ['welcome-author', output(GITHUB_OUTPUTS.welcomeDeadLetters)],
    ]),
  };
}
