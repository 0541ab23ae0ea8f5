// Text to speech, for what accounts have their announcements and menus say.

export interface Speech {
  /**
   * A WAV file of it. Rejects with a RingthroughError: SPEECH_UNAVAILABLE (there is nothing here that speaks, or it
   * fails), LIMIT_REACHED (others wait already, or it takes too long).
   */
  speak(text: string): Promise<Uint8Array>;
}
