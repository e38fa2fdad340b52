/** English. Its keys are the type that every other language has to fill. */

export const en = {
  code: "en" as string,
  switchTo: "中文",
  brand: "Viva",
  skip: "Skip to content",
  loading: "One moment …",
  and: "and",
  minutes: (n: number) => (n === 1 ? "1 minute" : `${n} minutes`),
  seconds: (n: number) => (n === 1 ? "1 second" : `${n} seconds`),
  days: (n: number) => (n === 1 ? "1 day" : `${n} days`),
  tryAgain: "Try again",
  cancel: "Cancel",
  close: "Close",
  back: "Back",

  landing: {
    invited: (organisation: string | null) => `${organisation ?? "We"} would like to get to know you`,
    hello: (name: string | null) => (name ? `Hello ${name}, ` : "Hello, "),
    intro: "this is an interview that you take alone, by video, whenever it suits you.",
    questions: "Questions",
    questionCount: (n: number, further: number) =>
      `${n === 1 ? "1 question" : `${n} questions`}${further === 0 ? "" : `, and at most ${further} further`}`,
    time: "Time needed",
    about: (minutes: number) => `about ${minutes} min`,
    deadline: "Open until",
    kept: "Kept for",
    keptValue: (days: number) => `${days} days, then deleted`,
    seenBy: "Who sees it",
    seenByValue: (organisation: string | null) =>
      organisation ? `Only the hiring team of ${organisation}` : "Only the hiring team",
    decides: "Who decides",
    decidesValue: "Always a person, never software",
    steps: "What will happen",
    step: [
      "You choose what you agree to.",
      "We check your camera, microphone and connection together.",
      "For each question you get time to think, then you answer on camera. You may look at your answer and record it again.",
      "You send everything in. Nothing goes to the hiring team before that.",
    ],
    need: "You need a camera, a microphone and a quiet place. You can stop between questions and come back by the same link.",
    start: "Start",
  },

  consent: {
    title: "What do you agree to?",
    lead: "Nothing is chosen for you. You can take back a yes at any time with “Help”, on every page.",
    required: "Needed for a video interview",
    optional: "Your free choice",
    optionalNote: "A no has no disadvantage: it is never counted, and a person then reviews without it.",
    yes: "Yes, I agree",
    no: "No",
    measured: "What happens",
    notMeasured: "What does not happen",
    whyRequired:
      "Without a recording there can be no video interview. If you would rather not be recorded, that is fine: ask for a conversation instead.",
    askForPerson: "Ask the hiring team for a conversation instead",
    personAsked: "The hiring team has been told and will get in touch with you. You can close this page.",
    human: "I want only people to review my answers",
    humanText:
      "If you prefer, only people review your answers and no software measures anything. This is your right and has no disadvantage.",
    humanChosen: "Noted: only people will review your answers.",
    missing: "Please choose yes or no for each point.",
    continue: "Continue",
    agreed: "What you agreed to",
    takeBack: "Take back",
    takeBackText: "You can take back a yes at any time. It is never held against you.",
    takeBackLater:
      "You can still take back a yes. What software found out is deleted then, and people review without it.",
    keep: "Save the text and my choices",
  },

  way: {
    title: "How would you like to be interviewed?",
    lead: "All three ways are equally good. Which one you choose is never rated.",
    ways: {
      ai_and_human: {
        title: "Recorded, with software helping people",
        text: "Software writes down and measures what you say by criteria for this job. A person looks at your answers and decides.",
      },
      human_only: {
        title: "Recorded, reviewed by people alone",
        text: "You record the same answers. No software measures anything.",
      },
      human_interview: {
        title: "A conversation with a person",
        text: "You record nothing. The hiring team is told of your wish and gets in touch with you.",
      },
    },
    missing: "Please choose one of the three ways.",
  },

  practice: {
    offer: "Practise first",
    eyebrow: "Practice: does not count",
    question: "What did you enjoy doing last weekend?",
    lead: "Try it as often as you like. Nothing of it is kept or rated, and nobody sees it.",
    start: "Record a practice answer",
    again: "Once more",
    leave: "To the first question",
    watch: "Your practice answer",
    hintsTitle: "What we noticed",
    onlyYou: "Measured on this device alone, and gone when you leave this page.",
    hints: {
      silent: "We hardly heard a voice. Is the right microphone chosen, and is it not muted?",
      quiet: "Your voice is a little quiet. Come closer to the microphone, or speak up a bit.",
      loud: "Your voice is very loud. A little more distance from the microphone helps.",
      loudness_good: "Your voice is loud enough and clear.",
      fast: "You speak rather fast. Short pauses help others to follow you.",
      pace_good: "Your pace is easy to follow.",
      dark: "Your picture is dark. A lamp or a window in front of you helps.",
      backlit: "The light comes from behind you. Turn towards it and your face can be seen.",
      light_good: "The light is good. Your face belongs in the middle, with a little room above.",
    },
  },

  check: {
    title: "Let us check picture, sound and connection",
    lead: "Your browser will ask whether it may use the camera and microphone. Nothing is recorded here.",
    camera: "Camera",
    microphone: "Microphone",
    connection: "Connection",
    cameraOk: (width: number, height: number) => `Picture is there (${width} × ${height})`,
    cameraOff: "Off: you answer by voice alone",
    voiceAlone: "Answer by voice alone",
    notNeeded: "You answer in writing: neither camera nor microphone is needed.",
    cameraWaiting: "Waiting for the camera …",
    micSpeak: "Say a few words: the bar should move",
    micOk: "We hear you",
    micLevel: "Microphone level",
    connectionWaiting: "Connecting …",
    connectionFlowing: "Connected; waiting for picture and sound to arrive …",
    connectionOk: (kbps: number) => `Arrives at the server: ${kbps} kbit/s`,
    connectionPieces:
      "No live connection comes through here. Your answers will be sent in small pieces, which works just as well.",
    connectionPoor:
      "Arrives, but the connection is slow. The picture may be less sharp; your answers are still safe.",
    chooseCamera: "Which camera",
    chooseMicrophone: "Which microphone",
    tips: "Light on your face, the camera at eye height, and a quiet room help most.",
    continue: "All good, continue",
    notYet: "Continue becomes available when picture and sound arrive at the server.",
    you: "Your own picture",
  },

  faults: {
    insecure: {
      title: "This page is not encrypted",
      mend: "Browsers give camera and microphone only to https pages. Please open the link that begins with https://, or ask the hiring team for it.",
    },
    unsupported: {
      title: "This browser cannot use the camera",
      mend: "You may be inside another app. Choose “Open in browser” in its menu, or copy the link into Safari, Chrome, Edge or Firefox.",
    },
    denied: {
      title: "Camera and microphone are blocked",
      mend: "Click the camera or lock symbol beside the address, allow camera and microphone, then try again. On a phone, also look into the system settings of your browser.",
    },
    none: {
      title: "No camera or microphone found",
      mend: "Connect one, or open this link on a phone or another computer: it goes on exactly where you are.",
    },
    busy: {
      title: "Camera or microphone is in use",
      mend: "Close other apps that use it, such as a video call, then try again.",
    },
    unknown: {
      title: "Camera or microphone did not start",
      mend: "Try again. If it stays like this, restart the browser or use another device: the link works there too.",
    },
  },

  question: {
    of: (n: number, total: number) => `Question ${n} of ${total}`,
    ready: "Ready for the next question?",
    readyFirst: "Ready for the first question?",
    readyText:
      "Take a breath; there is no clock now. You may also pause and come back later by the same link.",
    readyClock: "The clock starts when you open the question.",
    thinkTime: "To think",
    answerTime: "To answer",
    takes: "Attempts",
    follows: (n: number) => `A further question about your answer to question ${n}`,
    waits: "Your answer is safe. We are looking whether a further question comes of it.",
    promptFirst: "A scene comes first. No clock runs meanwhile.",
    rest: "Take a break",
    asLong: "as long as you like",
    kinds: { video: "by video", text: "in writing", code: "as code", choice: "by choosing" },
    howToAnswer: "You answer",
    open: "Show the question",
    think: "Time to think",
    thinkNote: "Nothing is recorded yet. Recording starts by itself when the time is over.",
    thinkUnlimited: "Take as long as you like. Nothing is recorded yet.",
    thinkSoft: "This time is advice: nothing starts by itself. Begin when you are ready.",
    thinkOver: "Waiting for the connection, then recording starts.",
    startNow: "Start recording now",
    connecting: "Connecting …",
    notes: "Notes",
    notesHint: "Your scratch paper: only for you, never rated, never shown to anybody.",
    left: "left",
    elapsed: "recorded",
    secondsLeft: (seconds: number) => (seconds >= 60 ? "One minute left" : `${seconds} seconds left`),
    recording: "Recording",
    interrupted: "Interrupted",
    saved: (time: string) => `Saved up to ${time}`,
    notSavedYet: "Saving …",
    stop: "I am done: stop",
    stopping: "Stopping …",
    hideSelf: "Hide my picture",
    showSelf: "Show my picture",
    selfHidden: "Your picture is hidden here and is still recorded.",
  },

  device: {
    muted: "Your microphone is muted. What you said before is safe; please switch it on again.",
    silent: "We hear nothing at the moment. If you are thinking, take your time; else check the microphone.",
    call: "Your device has taken camera and microphone, perhaps for a call. What you said before is safe, and it goes on by itself as soon as they are back.",
    cameraPaused:
      "Your camera is paused by your device. Your voice is still recorded; what you said is safe. Please switch the camera on again.",
    away: (seconds: number) =>
      `This page was in the background for ${seconds} seconds. A phone stops camera and microphone then; what you said before is safe. Please go on, and keep this page in front.`,
    storage:
      "The storage of this device is full, so it keeps no copy of its own. Your answer still goes straight to the server and is safe there; if you can, free some room before the next question.",
    battery: "Your battery is low. Plug in if you can; what you said is safe.",
  },

  slow: {
    text: "Your network is too slow for a good picture. What you say is safe. You can go on by voice alone; that is never held against you.",
    voice: "Go on by voice alone",
    keep: "Keep my picture",
  },

  lost: {
    title: "The connection was lost.",
    saved: (time: string) => `What you said is saved up to ${time}; we are reconnecting.`,
    copied: "Please simply go on speaking: this device keeps what you say until the connection is back.",
    nothing: "Nothing is lost; we are reconnecting.",
    pieces:
      "Your network lets no live connection through. What you say is sent in small pieces instead, and kept here until it has arrived.",
    events: "The connection is slow at the moment; the page keeps going.",
  },

  adding: {
    running: (seconds: number) =>
      `We are adding ${seconds === 1 ? "one second" : `${seconds} seconds`} that the network had lost.`,
    sending: (seconds: number) =>
      `The last ${seconds === 1 ? "second" : `${seconds} seconds`} of your answer ${seconds === 1 ? "is" : "are"} on the way to us.`,
    goOn: " You can simply go on.",
    settling: (seconds: number) =>
      `${seconds === 1 ? "The lost second has" : `The ${seconds} lost seconds have`} arrived and ${seconds === 1 ? "is" : "are"} being put in place.`,
    failing: (seconds: number) =>
      `${seconds === 1 ? "One second is" : `${seconds} seconds are`} safe on this device and not yet with us. We keep trying; please leave this page open.`,
    progress: "Adding lost seconds",
    lost: (seconds: number) =>
      seconds === 1
        ? "One second of this answer was lost on its way, and this device has no copy of it."
        : `${seconds} seconds of this answer were lost on their way, and this device has no copy of them.`,
    lostAgain:
      "You can use the answer as it is, or record it again. A lost connection is never held against you.",
    lostUse: "You can use the answer as it is. A lost connection is never held against you.",
  },

  review: {
    title: "Your answer",
    checking: "Your recording is being checked …",
    takeNumber: (n: number) => `Attempt ${n}`,
    found: "What we received",
    duration: "Length",
    picture: "Picture",
    sound: "Sound",
    pictureYes: (width: number, height: number) => `yes, ${width} × ${height}`,
    pictureNo: "no picture arrived",
    soundYes: "yes",
    soundQuiet: "only silence was heard",
    soundNo: "no sound arrived",
    gap: (seconds: string) => `${seconds} s missing`,
    faulted: "Something went wrong on our side, so this attempt does not count. Please record it again.",
    spoilt:
      "A technical fault spoilt this attempt, so it does not count. You can record it again, or use it as it is. This is never held against you.",
    warn: "Please watch it before you use it.",
    use: "Use this answer",
    again: "Record again",
    left: (n: number) => (n === 1 ? "1 attempt left" : `${n} attempts left`),
    noneLeft: "No further attempt",
    againNote: "Recording again starts at once. You keep this attempt and can still choose it.",
  },

  text: {
    answer: "Your answer",
    code: "Your code",
    timeNote: "When the time is over, what you have written is handed in by itself.",
    timeUp: "The time is over. What you have written is being handed in.",
    codeHint: "Saved as you type. The hiring team also sees how you wrote it; that is never rated.",
    choose: "Choose what applies",
    send: "Use this answer",
    empty: "Please write something first.",
    chooseOne: "Please choose at least one.",
    instead: "You answer in writing, without a clock.",
    speakInstead: "Speak instead",
  },

  submit: {
    title: "Everything is there",
    lead: "These are your answers, as they arrived. Nothing goes to the hiring team before you send it.",
    video: "Video",
    text: "Text",
    code: "Code",
    choice: "Choice",
    given: "given",
    send: "Send to the hiring team",
    almost: "Almost everything is there",
    incomplete: "Your answers",
    waits: "You can send as soon as the lost seconds have been added. This usually takes less than a minute.",
    waitsLong: (seconds: number) =>
      `The connection is too slow at the moment. You can wait here, or send now: then ${seconds === 1 ? "one second" : `${seconds} seconds`} of your answers will be missing. This is never held against you.`,
    sendAnyway: "Send now anyway",
  },

  stored: {
    title: "What is stored",
    lead: "Read back from the server. The short code is a fingerprint: the same answer always has the same one.",
    complete: "complete",
  },

  done: {
    title: "Sent. Thank you!",
    lead: (organisation: string | null) =>
      `Your answers are safe. ${organisation ?? "The hiring team"} will look at them and get in touch with you.`,
    human: "A person looks at every interview and decides.",
    status: "Where your interview is",
    stages: {
      submitted: "Received",
      analysed: "Prepared for the hiring team",
      decided: "A person has decided; you will hear from the hiring team",
    },
    reference: "Your reference",
    kept: "Kept for",
    survey: "Two questions about this interview",
    surveyText: "Only for making this better; it has no influence on your application.",
    stars: (n: number) => (n === 1 ? "1 star" : `${n} stars`),
    surveyQuestions: {
      rating: "How was it for you?",
      fairness: "Could you show what you can do?",
    },
    surveySend: "Send these two answers",
    surveyThanks: "Thank you for telling us.",
    rights: "Changed your mind?",
  },

  help: {
    open: "Help",
    title: "Help and your rights",
    time: "I need more time",
    timeText: "For whatever reason; you need not say why. It is never rated and takes effect at once.",
    times: { "1": "Usual time", "1.5": "1½ times", "2": "Twice", untimed: "No time limit" },
    extraTake: "One more attempt per question",
    audioOnly: "Answer by voice alone",
    audioOnlyText: "Your camera stays off.",
    typedAnswers: "Answer in writing",
    typedAnswersText: "Instead of speaking, and without a clock.",
    captions:
      "Everything that is asked is in writing here, and what is played has captions: nothing has to be heard.",
    person: "A person instead",
    personText: "You can ask for a conversation at any time. It is never held against you.",
    personNoted: "The hiring team knows that you would like a conversation. You may go on here all the same.",

    saved: "Saved.",
    rights: "Your data",
    download: "Download my data",
    downloadText: "Everything that is stored about you, in one file: answers, recordings, consents.",
    certificate: "Save the certificate of deletion",
    certificateWaits: "Waiting for the deletion …",
    certificateSaved: "The certificate is in your downloads.",
    withdraw: "Withdraw my application",
    withdrawText: "The interview ends and nobody assesses it any more.",
    withdrawConfirm: "Do you really want to withdraw? This ends the interview and cannot be undone.",
    withdrawYes: "Yes, withdraw",
    erase: "Delete everything",
    eraseText: "Recordings, texts and results are deleted for good, also from copies.",
    eraseConfirm:
      "Do you really want to delete everything? Your interview is gone then, for you and for the hiring team.",
    eraseYes: "Yes, delete everything",
    other: "Go on with another device",
    otherText:
      "Open the same link there, or scan this code with its camera. It goes on exactly where you are now; the clocks stay the same.",
    otherCode: "QR code of your interview's link",
  },

  replaced: {
    title: "Opened elsewhere",
    text: "This interview was opened in another tab or on another device. It goes on there; nothing is lost.",
    here: "Go on here",
  },

  failure: {
    title: "That did not work",
    expired: "This interview has ended",
    withdrawn: "This interview was withdrawn",
    erased: "Everything was deleted",
    expiredText:
      "The time for answering is over. If you could not take part, please write to the hiring team.",
    withdrawnText: "Nobody assesses it any more. You can also have everything deleted.",
    erasedText: "Recordings, texts and results of this interview are gone.",
    link: "This link does not work",
    linkText:
      "Please open the link exactly as it was sent to you. If it still does not work, ask the hiring team for a new one.",
    reference: (id: string) => `Reference: ${id}`,
  },

  errors: {
    offline: "The server cannot be reached at the moment. We keep trying.",
    token_unknown: "This link is not known.",
    token_missing: "This link is not complete.",
    media_not_connected:
      "No picture arrives at the server yet. We are connecting; please try again in a moment.",
    takes_used_up: "All attempts are used. Please choose one of them.",
    take_not_recorded: "This recording is not finished yet. Please wait a moment.",
    take_open: "Another question is being recorded.",
    question_answered: "This question has been answered.",
    question_unanswered: "One question has no answer yet.",
    question_not_current: "This is not the next question.",
    question_not_open: "Please open the question first.",
    consent_missing: "Please choose yes or no for each point.",
    consent_required: "Without a recording there can be no video interview.",
    consents_too_many: "This was changed too often. Please write to the hiring team.",
    consent_text_changed: "The text has changed meanwhile. Please reload the page and read it again.",
    analysis_not_consented: "You did not agree to analysis by software, so only people will review.",
    consent_first: "Please make your choices on consent first.",
    check_first: "Please check camera and microphone first.",
    notes_too_long: "These notes are too long.",
    answer_too_long: "This answer is too long.",
    choice_missing: "Please choose at least one.",
    choice_unknown: "This option does not exist.",
    accommodation_invalid: "This is not possible.",
    identity_invalid: "Something you wrote cannot be taken like this. Please look at it once more.",
    identity_first: "Please fill in what is asked about you first.",
    prompt_first: "Please look at the scene first.",
    interview_ending: "The time for answering is over. What you have recorded can still be sent.",
    interview_expired: "This interview has ended.",
    interview_withdrawn: "This interview was withdrawn.",
    interview_submitted: "This interview has already been sent.",
    take_not_ready: "Your recording is still being checked. Please wait a moment.",
    take_unknown: "This attempt does not exist any more.",
    question_unknown: "This question does not exist.",
    locale_unknown: "This interview is not held in that language.",
    interview_over: "This interview is over.",
    ingest_full: "Very many people are being recorded right now.",
    archives_busy: "Several people are downloading their data just now. Please try again in a minute.",
    deletion_running: "The deletion is still running. Please try again in a moment.",
    interview_erased: "Everything of this interview was deleted.",
    no_room:
      "The server has no room for a new recording at the moment. What you recorded is safe; please try again later.",
    disk_full: "The server has no room at the moment. What you recorded is safe; please try again later.",
    internal: "Something failed on our side. Nothing you recorded is lost; please try again.",
    codec_unsupported:
      "This browser cannot send video in a form that the server takes. Please use Chrome, Edge, Firefox or Safari.",
    too_many_requests: "Too many requests; please wait a moment.",
    page_error: "Something unexpected happened in this page. Please reload it: nothing is lost.",
    unknown: "Something went wrong. Please try again.",
  },
};

export type CandidateMessages = typeof en;
