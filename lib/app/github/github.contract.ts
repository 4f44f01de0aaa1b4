/** What the stack and the handlers of this application must agree on. */
export const GITHUB_ENV = {
  /** Name of the SSM parameter that holds the webhook secret. */
  webhookSecretParameter: 'GITHUB_WEBHOOK_SECRET_PARAMETER',
  /** URL that maintainers are notified at. */
  notifyUrl: 'GITHUB_NOTIFY_URL',
  /** URL that releases are announced at. */
  announceUrl: 'GITHUB_ANNOUNCE_URL',
  auditTable: 'GITHUB_AUDIT_TABLE',
  activityTable: 'GITHUB_ACTIVITY_TABLE',
  welcomeTable: 'GITHUB_WELCOME_TABLE',
} as const;

/** Parameters that exist before the stack is deployed: they belong to the account, not to the code. */
export const GITHUB_PARAMETERS = {
  /** SecureString: the secret that GitHub signs deliveries with. */
  webhookSecret: '/posthaste/github/webhook-secret',
  /** String: where notifications are posted. */
  notifyUrl: '/posthaste/github/notify-url',
  /** String: where releases are announced. */
  announceUrl: '/posthaste/github/announce-url',
} as const;

/** Topics by the names that message definitions use. */
export const GITHUB_TOPICS = { events: 'github', ordered: 'github-ordered' } as const;

/** The stack's name. */
export const GITHUB_STACK = 'PosthasteGithub';

/** Stack outputs: where to send deliveries, and where to look what became of them. */
export const GITHUB_OUTPUTS = {
  webhookUrl: 'WebhookUrl',
  auditTable: 'AuditTable',
  activityTable: 'ActivityTable',
  welcomeTable: 'WelcomeTable',
  outboxTable: 'OutboxTable',
  failuresTable: 'FailuresTable',
  failuresBucket: 'FailuresBucket',
  auditDeadLetters: 'RecordAuditTrailDeadLetters',
  notifierDeadLetters: 'NotifyMaintainersDeadLetters',
  announcerDeadLetters: 'AnnounceReleaseDeadLetters',
  activityDeadLetters: 'ProjectActivityDeadLetters',
  welcomeDeadLetters: 'WelcomeAuthorDeadLetters',
} as const;
