import { describe, expect, it } from "vitest";
import { type InApp, inApp } from "./inApp";

const IPHONE =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)";
const ANDROID =
  "Mozilla/5.0 (Linux; Android 14; PJD110 Build/UKQ1.230924.001; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/116.0.0.0 Mobile Safari/537.36";

/** As the apps send them. */
const APPS: [InApp, string][] = [
  ["wechat", `${IPHONE} Mobile/15E148 MicroMessenger/8.0.49(0x18003137) NetType/WIFI Language/zh_CN`],
  [
    "wechat",
    `${ANDROID} XWEB/1160117 MMWEBSDK/20240501 MMWEBID/2307 MicroMessenger/8.0.50.2701(0x28003253) WeChat/arm64 Weixin NetType/WIFI Language/zh_CN ABI/arm64`,
  ],
  ["wecom", `${IPHONE} Mobile/15E148 wxwork/4.1.28 MicroMessenger/7.0.1 Language/zh ColorScheme/Light`],
  [
    "dingtalk",
    `${IPHONE} Mobile/15E148 AliApp(DingTalk/7.5.20) com.laiwang.DingTalk/37103489 Channel/201200 language/zh-Hans-CN`,
  ],
  ["feishu", `${IPHONE} Mobile/15E148 Lark/7.20.8 LarkLocale/zh_CN ChannelName/Feishu`],
  [
    "qq",
    `${ANDROID} MQQBrowser/6.2 TBS/046291 V1_AND_SQ_9.0.60_6478_YYB_D QQ/9.0.60.17095 NetType/WIFI WebP/0.3.0`,
  ],
  ["weibo", `${IPHONE} Mobile/15E148 Weibo (iPhone14,5__weibo__14.5.2__iphone__os17.5)`],
  [
    "alipay",
    `${IPHONE} Mobile/15E148 NebulaSDK/1.8.100112 Nebula PSDType(1) AlipayDefined(nt:WIFI) AliApp(AP/10.5.96) AlipayClient/10.5.96 Language/zh-Hans`,
  ],
  ["douyin", `${IPHONE} Mobile/15E148 aweme_30.3.0 JsSdk/2.0 NetType/WIFI Channel/App Store ByteLocale/zh`],
  [
    "tiktok",
    `${ANDROID} trill_350203 JsSdk/1.0 NetType/WIFI Channel/googleplay AppName/musical_ly app_version/35.2.3 BytedanceWebview/d8a21c6`,
  ],
  ["baidu", `${ANDROID} T7/13.59 SP-engine/2.99.0 baiduboxapp/13.59.0.10 (Baidu; P1 14)`],
  [
    "facebook",
    `${IPHONE} Mobile/21F79 [FBAN/FBIOS;FBAV/466.0.0.34.108;FBBV/601862113;FBDV/iPhone14,5;FBMD/iPhone;FBSN/iOS;FBSV/17.5]`,
  ],
  ["facebook", `${ANDROID} [FB_IAB/FB4A;FBAV/466.0.0.51.85;]`],
  [
    "instagram",
    `${IPHONE} Mobile/15E148 Instagram 334.0.4.32.98 (iPhone14,5; iOS 17_5; en_US; en; scale=3.00; 1170x2532; 602934232)`,
  ],
  ["line", `${IPHONE} Mobile/15E148 Safari Line/14.8.0`],
  ["linkedin", `${IPHONE} Mobile/15E148 [LinkedInApp]/9.29.8962`],
  ["other", ANDROID],
  ["other", `${IPHONE} Mobile/15E148`],
];

const BROWSERS = [
  `${IPHONE} Version/17.5 Mobile/15E148 Safari/604.1`,
  `${IPHONE} CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1`,
  `${IPHONE} FxiOS/127.0 Mobile/15E148 Safari/605.1.15`,
  "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
  "Mozilla/5.0 (Linux; Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0",
  "Mozilla/5.0 (Linux; U; Android 13; zh-cn; PGT-AN00 Build/HONORPGT-AN00) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/109.0.5414.86 MQQBrowser/15.1 Mobile Safari/537.36 COVC/046829",
  "Mozilla/5.0 (Linux; Android 13; SAMSUNG SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
  "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
  "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0",
  "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
];

describe("browsers inside other apps", () => {
  it.each(APPS)("knows %s", (app, userAgent) => expect(inApp(userAgent)).toBe(app));
  it.each(BROWSERS)("lets a browser of its own be: %s", (userAgent) => expect(inApp(userAgent)).toBeNull());
});
