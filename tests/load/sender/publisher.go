package main

import (
	"errors"
	"io"
	"math/rand"
	"net"
	"sync/atomic"
	"time"

	"github.com/pion/dtls/v2"
	"github.com/pion/ice/v2"
	"github.com/pion/interceptor"
	"github.com/pion/rtcp"
	"github.com/pion/webrtc/v3"
	"github.com/pion/webrtc/v3/pkg/media"
)

const (
	framesPerSecond = 30
	audioEvery      = 20 * time.Millisecond
	audioBytes      = 80
	// Opus, 20 ms of SILK and CELT in one frame (RFC 6716, section 3.1).
	audioTOC      = 0x78
	connectWithin = 15 * time.Second
)

// A publisher sends one clip and one sound to a receiver.
type publisher struct {
	connection *webrtc.PeerConnection
	network    *network
	mux        io.Closer
	video      *webrtc.TrackLocalStaticSample
	audio      *webrtc.TrackLocalStaticSample
	keyWanted  atomic.Bool
	end        func()
	// From the request to the receiver until ICE and DTLS are done.
	took time.Duration
}

// connect offers one video and one audio track, and returns when the connection is up.
func connect(index int, signal signalling, what impairment, seed int64) (*publisher, error) {
	socket, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.ParseIP(*address)})
	if err != nil {
		return nil, err
	}
	p := &publisher{network: newNetwork(socket, what, seed)}
	mux := webrtc.NewICEUDPMux(nil, p.network)
	p.mux = mux
	if p.connection, err = newConnection(mux); err != nil {
		return p, err
	}
	if err = p.addTracks(); err != nil {
		return p, err
	}
	up := make(chan struct{})
	p.connection.OnConnectionStateChange(func(state webrtc.PeerConnectionState) {
		if state == webrtc.PeerConnectionStateConnected {
			close(up)
		}
	})
	offer, err := p.connection.CreateOffer(nil)
	if err != nil {
		return p, err
	}
	gathered := webrtc.GatheringCompletePromise(p.connection)
	if err = p.connection.SetLocalDescription(offer); err != nil {
		return p, err
	}
	<-gathered
	from := time.Now()
	answer, end, err := signal(index, p.connection.LocalDescription().SDP)
	if err != nil {
		return p, err
	}
	p.end = end
	if err = p.connection.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		return p, err
	}
	select {
	case <-up:
		p.took = time.Since(from)
		return p, nil
	case <-time.After(connectWithin):
		return p, errors.New("never connected")
	}
}

// newConnection offers what a browser does: VP8 and Opus, both with NACK, and the cipher that Chromium and its peers
// settle on, so that every receiver does the same work.
func newConnection(mux ice.UDPMux) (*webrtc.PeerConnection, error) {
	engine, chain := &webrtc.MediaEngine{}, &interceptor.Registry{}
	opus := webrtc.RTPCodecParameters{PayloadType: 111, RTPCodecCapability: webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeOpus, ClockRate: 48000, Channels: 2, SDPFmtpLine: "minptime=10;useinbandfec=1",
		RTCPFeedback: []webrtc.RTCPFeedback{{Type: "nack"}}}}
	vp8 := webrtc.RTPCodecParameters{PayloadType: 96, RTPCodecCapability: webrtc.RTPCodecCapability{
		MimeType: webrtc.MimeTypeVP8, ClockRate: 90000,
		RTCPFeedback: []webrtc.RTCPFeedback{{Type: "ccm", Parameter: "fir"}}}}
	if err := engine.RegisterCodec(opus, webrtc.RTPCodecTypeAudio); err != nil {
		return nil, err
	}
	if err := engine.RegisterCodec(vp8, webrtc.RTPCodecTypeVideo); err != nil {
		return nil, err
	}
	// Answers to NACK (which it offers for video by itself), and sender reports.
	if err := webrtc.ConfigureNack(engine, chain); err != nil {
		return nil, err
	}
	if err := webrtc.ConfigureRTCPReports(chain); err != nil {
		return nil, err
	}
	// Numbers for the receiver's bandwidth feedback.
	if err := webrtc.ConfigureTWCCHeaderExtensionSender(engine, chain); err != nil {
		return nil, err
	}
	settings := webrtc.SettingEngine{}
	settings.SetICEUDPMux(mux)
	settings.SetSRTPProtectionProfiles(dtls.SRTP_AES128_CM_HMAC_SHA1_80)
	api := webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithInterceptorRegistry(chain), webrtc.WithSettingEngine(settings))
	return api.NewPeerConnection(webrtc.Configuration{})
}

func (p *publisher) addTracks() (err error) {
	if p.audio, err = p.addTrack(webrtc.MimeTypeOpus, "audio"); err == nil {
		p.video, err = p.addTrack(webrtc.MimeTypeVP8, "video")
	}
	return err
}

func (p *publisher) addTrack(mime, name string) (*webrtc.TrackLocalStaticSample, error) {
	track, err := webrtc.NewTrackLocalStaticSample(webrtc.RTPCodecCapability{MimeType: mime}, name, "load")
	if err != nil {
		return nil, err
	}
	added, err := p.connection.AddTransceiverFromTrack(track, webrtc.RTPTransceiverInit{Direction: webrtc.RTPTransceiverDirectionSendonly})
	if err != nil {
		return nil, err
	}
	go p.follow(added.Sender())
	return track, nil
}

// follow reads feedback, which also hands it to the answerer of NACKs.
func (p *publisher) follow(sender *webrtc.RTPSender) {
	for {
		packets, _, err := sender.ReadRTCP()
		if err != nil {
			return
		}
		for _, packet := range packets {
			switch packet.(type) {
			case *rtcp.PictureLossIndication, *rtcp.FullIntraRequest:
				p.keyWanted.Store(true)
			}
		}
	}
}

// send sends the clip, over and over, until stop is closed. Asked for a key frame, it goes on at the clip's next.
func (p *publisher) send(c *clip, stop <-chan struct{}) {
	// Publishers that connected together do not send their frames in step.
	time.Sleep(time.Duration(rand.Int63n(int64(time.Second / framesPerSecond))))
	go p.sendAudio(stop)
	ticker := time.NewTicker(time.Second / framesPerSecond)
	defer ticker.Stop()
	for k := 0; ; k++ {
		if p.keyWanted.Swap(false) {
			k = c.nextKey(k)
		}
		sample := media.Sample{Data: c.frames[k%len(c.frames)], Duration: time.Second / framesPerSecond}
		if p.video.WriteSample(sample) != nil {
			return
		}
		select {
		case <-stop:
			return
		case <-ticker.C:
		}
	}
}

func (p *publisher) sendAudio(stop <-chan struct{}) {
	ticker := time.NewTicker(audioEvery)
	defer ticker.Stop()
	packet := make([]byte, audioBytes)
	for {
		select {
		case <-stop:
			return
		case <-ticker.C:
		}
		rand.Read(packet)
		packet[0] = audioTOC
		if p.audio.WriteSample(media.Sample{Data: packet, Duration: audioEvery}) != nil {
			return
		}
	}
}

func (p *publisher) close() {
	if p.end != nil {
		p.end()
	}
	if p.connection != nil {
		_ = p.connection.Close()
	}
	// The socket as well.
	_ = p.mux.Close()
}
