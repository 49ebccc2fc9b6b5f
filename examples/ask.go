// May this license token be used like this?  Asks a fujie-gateway; Go's standard library only.
//
//	go run ask.go http://127.0.0.1:9180 token.jwt action=QUERY,purpose=WELFARE [client certificate: X5T]
//
// Exit: 0 yes, 1 no.  Whatever goes wrong is a no.
package main

import (
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

// the gateway is on this machine: no proxy of the environment, and no redirection
var client = &http.Client{
	Timeout:       5 * time.Second,
	Transport:     &http.Transport{Proxy: nil, MaxIdleConnsPerHost: 16},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// Permitted says yes or no, and why.
func Permitted(gateway, token, use, x5t string) (bool, string) {
	ask, err := http.NewRequest("GET", gateway+"/auth", nil)
	if err != nil {
		return false, err.Error()
	}
	ask.Header.Set("Authorization", "Bearer "+strings.TrimSpace(token))
	ask.Header.Set("X-Fujie-Use", use)
	if x5t != "" {
		ask.Header.Set("X-Fujie-X5T", x5t)
	}
	answer, err := client.Do(ask)
	if err != nil {
		return false, "the gateway does not answer: " + err.Error()
	}
	defer answer.Body.Close()
	why := answer.Header.Get("X-Fujie-Reason")
	if why == "" {
		why = answer.Status
	}
	return answer.StatusCode == http.StatusNoContent, why
}

func main() {
	if len(os.Args) < 4 {
		fmt.Fprintln(os.Stderr, "ask GATEWAY TOKEN-FILE USE [X5T]")
		os.Exit(2)
	}
	token, err := os.ReadFile(os.Args[2])
	x5t := ""
	if len(os.Args) > 4 {
		x5t = os.Args[4]
	}
	yes, why := false, ""
	if err != nil {
		why = err.Error()
	} else {
		yes, why = Permitted(os.Args[1], string(token), os.Args[3], x5t)
	}
	if yes {
		fmt.Println("permit")
		return
	}
	fmt.Println("deny: " + why)
	os.Exit(1)
}
