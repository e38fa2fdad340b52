"""Publishes a test picture and silence by WHIP with aiortc, and prints a JSON report.

    python aiortc_publish.py URL SECONDS [--token TOKEN] [--codec VP8|H264] [--silent] [--no-reports] [--vanish]

--codec restricts the offered video codecs; --silent connects and sends no media; --no-reports sends no RTCP sender
reports; --vanish exits without a word instead of sending DELETE.
"""

import argparse
import asyncio
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

from aiortc import RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack


class Silence(AudioStreamTrack):
    async def recv(self):
        await asyncio.Event().wait()


class Darkness(VideoStreamTrack):
    async def recv(self):
        await asyncio.Event().wait()


async def no_reports(self, packets):
    pass


def request(method, url, token, body=None):
    """Returns status, Location and body; refusals are answers too."""
    headers = {"content-type": "application/sdp"}
    if token:
        headers["authorization"] = f"Bearer {token}"
    call = urllib.request.Request(url, data=body, method=method, headers=headers)
    try:
        with urllib.request.urlopen(call) as response:
            return response.status, response.headers.get("location"), response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, None, error.read().decode()


async def publish(arguments):
    connection = RTCPeerConnection()
    connected = asyncio.Event()

    @connection.on("connectionstatechange")
    def changed():
        if connection.connectionState == "connected":
            connected.set()

    if arguments.no_reports:
        RTCRtpSender._send_rtcp = no_reports
    sound, picture = (Silence(), Darkness()) if arguments.silent else (AudioStreamTrack(), VideoStreamTrack())
    connection.addTransceiver(sound, direction="sendonly")
    video = connection.addTransceiver(picture, direction="sendonly")
    codecs = RTCRtpSender.getCapabilities("video").codecs
    video.setCodecPreferences([codec for codec in codecs if codec.mimeType == f"video/{arguments.codec}"])
    await connection.setLocalDescription(await connection.createOffer())

    offer = connection.localDescription.sdp.encode()
    status, location, answer = await asyncio.to_thread(request, "POST", arguments.url, arguments.token, offer)
    if status != 201:
        await connection.close()
        return {"status": status, "refusal": answer}
    await connection.setRemoteDescription(RTCSessionDescription(sdp=answer, type="answer"))
    await asyncio.wait_for(connected.wait(), 15)
    await asyncio.sleep(arguments.seconds)
    report = {"status": status}
    if arguments.vanish:
        print(json.dumps(report), flush=True)
        os._exit(0)
    resource = urllib.parse.urljoin(arguments.url, location)
    report["deleted"], _, _ = await asyncio.to_thread(request, "DELETE", resource, arguments.token)
    await connection.close()
    return report


parser = argparse.ArgumentParser()
parser.add_argument("url")
parser.add_argument("seconds", type=float)
parser.add_argument("--codec", default="VP8")
parser.add_argument("--token")
parser.add_argument("--silent", action="store_true")
parser.add_argument("--no-reports", action="store_true")
parser.add_argument("--vanish", action="store_true")
json.dump(asyncio.run(publish(parser.parse_args())), sys.stdout)
