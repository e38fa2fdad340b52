/** Browsers inside other apps, by what they call themselves. Whether camera and connection work there is tried, not guessed. */

export type InApp =
  | "wechat"
  | "wecom"
  | "dingtalk"
  | "feishu"
  | "qq"
  | "weibo"
  | "alipay"
  | "douyin"
  | "xiaohongshu"
  | "baidu"
  | "facebook"
  | "instagram"
  | "line"
  | "linkedin"
  | "tiktok"
  | "other";

/** The first that fits: an app for work often names the one that it is built on, too. */
const NAMES: [InApp, RegExp][] = [
  ["wecom", /\bwxwork\//i],
  ["wechat", /\bMicroMessenger\//i],
  ["dingtalk", /\bDingTalk\b/i],
  ["feishu", /\b(?:Lark|Feishu)\//i],
  ["qq", /\bQQ\/\d/],
  ["weibo", /\bWeibo\b|__weibo__/i],
  ["alipay", /\bAlipayClient\//i],
  ["douyin", /\baweme[_/]|NewsArticle\//i],
  ["tiktok", /\bmusical_ly|BytedanceWebview|\btrill_/i],
  ["xiaohongshu", /\bxhs|\bdiscover\/\d/i],
  ["baidu", /\bbaiduboxapp\//i],
  ["instagram", /\bInstagram \d/],
  ["facebook", /\[FB(?:AN|_IAB)|\bFBA[NV]\//],
  ["line", /\bLine\/\d/],
  ["linkedin", /\bLinkedInApp\b/],
];

/** The app that shows this page; `null` in a browser of its own. */
export function inApp(userAgent: string): InApp | null {
  const known = NAMES.find(([, name]) => name.test(userAgent));
  if (known !== undefined) return known[0];
  // Any other app on Android says that it only shows a web view; on an iPhone it does not call itself Safari.
  if (/; wv\)/.test(userAgent)) return "other";
  const apple = /\b(?:iPhone|iPad|iPod)\b/.test(userAgent) && /AppleWebKit\//.test(userAgent);
  return apple && !/Safari\//.test(userAgent) ? "other" : null;
}
