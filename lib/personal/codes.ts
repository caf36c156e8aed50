/**
 * What `SetParam`, `PerformAction` and `GetLastError` answer. The last four are those of the original that are never answered here.
 *
 * @example
 * if ((await signer.PerformAction('Sign')) === PersonalErrorCode.Cancelled) tell('You have cancelled');
 */
export enum PersonalErrorCode {
  /** It worked. */
  None = 0,
  /** It failed, and no other code says why: `cause` of the object does. */
  Internal = 1,
  /** The user, or the program through its signal, has cancelled. */
  Cancelled = 8002,
  /** There is no parameter of this name. */
  UnknownParameter = 8004,
  /** There is no action of this name, or it is that of the other kind of object. */
  UnknownAction = 8008,
  /** The value is neither true nor false. */
  InvalidBoolean = 8012,
  /** The PIN is wrong; here the chooser is asked again. */
  InvalidPin = 8013,
  /** The value cannot be right. */
  InvalidValue = 8014,
  /** The page was not served by HTTPS. */
  NotHttps = 8015,
  /** A parameter that the action needs has no value. */
  MissingParameter = 8016,
  /** Of the original. */
  Code8017 = 8017,
  /** The value is too long, or none of those allowed. */
  ValueTooLarge = 8018,
  /** Of the original. */
  Code8019 = 8019,
  /** The PIN is blocked; here the chooser is asked again. */
  BlockedPin = 8102,
}
