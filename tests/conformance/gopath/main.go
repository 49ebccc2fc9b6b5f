package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"os"
	"strconv"
	"time"
)

// gopath AT ROOTS CHAIN CERTIFICATE: does crypto/x509 find a path at this time?  Revocation it does not check.
func certs(path string) (out []*x509.Certificate) {
	data, _ := os.ReadFile(path)
	for b, rest := pem.Decode(data); b != nil; b, rest = pem.Decode(rest) {
		c, err := x509.ParseCertificate(b.Bytes)
		if err != nil {
			fmt.Println(err)
			os.Exit(2)
		}
		out = append(out, c)
	}
	return
}

func main() {
	at, _ := strconv.ParseInt(os.Args[1], 10, 64)
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	for _, c := range certs(os.Args[2]) {
		roots.AddCert(c)
	}
	for _, c := range certs(os.Args[3]) {
		between.AddCert(c)
	}
	_, err := certs(os.Args[4])[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, CurrentTime: time.Unix(at, 0), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
